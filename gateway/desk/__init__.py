"""The coordinators' pages: what waits for a person, why, in the portal's words, and the decisions about it."""

"""The only room that speaks to the database. Its functions take an open transaction first and never commit it."""

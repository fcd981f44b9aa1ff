"""The demonstration: six fictional utilities, their purchase orders, and a field-services firm that bills them."""

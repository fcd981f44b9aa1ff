"""Document types and schemas as package data; `formats.cxml.schema` loads them."""

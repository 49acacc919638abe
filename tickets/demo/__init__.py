"""A service desk as it looks in the middle of a working week, for demonstrations."""

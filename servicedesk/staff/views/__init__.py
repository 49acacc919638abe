"""A person's own page, and the switches in the menu."""

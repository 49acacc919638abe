"""Live updates: from a committed change to every open browser that may see it."""

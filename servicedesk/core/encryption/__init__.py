"""Fields encrypted at rest, bound to their row and column, searchable by blind index."""

"""Training: see docs/clauses.md for what works today."""

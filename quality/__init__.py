"""Quality: figures that judge the work; see docs/clauses.md."""

"""An app with one kind of job: it counts, one row a portion."""

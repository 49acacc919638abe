"""Full-text search in Chinese and English on PostgreSQL's own index; no business here."""

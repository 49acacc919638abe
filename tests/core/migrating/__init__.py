"""An app whose migrations another borrows."""

"""What pages and actions ask about tickets."""

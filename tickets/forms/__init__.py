"""What people may type about tickets; forms check and never save."""

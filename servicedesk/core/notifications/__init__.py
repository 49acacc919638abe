"""What people should hear of: in the page, by e-mail, and not at night."""

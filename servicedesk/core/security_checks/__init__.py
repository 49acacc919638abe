"""Looks at the system's own safety (安全检测): each app registers its own."""

"""Long work with progress, which can be cancelled and survives a crash."""

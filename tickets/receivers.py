"""What tickets does when something happens below it."""


def connect() -> None:
    """Say which live channels a person may listen to."""

"""The one error that a person at the terminal sees, as a sentence."""


class DeskError(Exception):
    """Something a person can put right; the text says what happened and what to do."""

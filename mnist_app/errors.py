"""The one kind of error that is meant to be read by people."""


class DigitLabError(Exception):
    """Something a person can mend; its text is one sentence that says what to do."""

"""Errors that are not faults: those that people read, and one that says that a job stopped."""


class DigitLabError(Exception):
    """Something a person can mend; its text says what is wrong and what to do, on one line."""


class Temporary(DigitLabError):
    """A failure through no fault of what was given: trying again may help."""


class Interrupted(Temporary):
    """Work that was interrupted from outside, and may be continued."""


class WorkerLost(Interrupted):
    """The process that did the work is gone, with everything it had not reported."""


class Stopped(Exception):
    """A job was stopped and has nothing to keep."""

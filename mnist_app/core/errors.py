"""The errors that are no faults: those that people read, and one that says that a job stopped."""


class DigitLabError(Exception):
    """Something a person can mend; its text is one sentence that says what to do."""


class Interrupted(DigitLabError):
    """Work that was broken off from outside, and may be continued."""


class WorkerLost(Interrupted):
    """The process that did the work is gone, with all that it had not reported."""


class Stopped(Exception):
    """A job was stopped, and has nothing to keep."""

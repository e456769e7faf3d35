"""What is raised."""


class Error(Exception):
    """A refusal; `code` is its name, as "not-found" or "denied"."""

    def __init__(self, message, code="internal"):
        super().__init__(message, code)
        self.code = code

    def __str__(self):
        return self.args[0]


class Closed(Error):
    """The queue was destroyed and all that was in line has been got, or this Queue was closed."""

    def __init__(self, message, code="closed"):
        super().__init__(message, code)

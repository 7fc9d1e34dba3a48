"""What a picture cannot be drawn of: told in a sentence, and no fault where all pictures were asked for."""

from hpcfit.errors import RunError


class Unsuitable(RunError):
    """A run of which there is no picture of this kind; the message says why."""

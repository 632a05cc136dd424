"""The refusal of a checkpoint that is unusual, and left to torch."""


class UnusualFileError(ValueError):
    """A file that this program may not have written as it is.

    It may be fine for torch; the text says what is unusual.
    """

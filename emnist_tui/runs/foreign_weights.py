"""User's options about a checkpoint's weights and network."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ForeignWeights:
    """Choices for a checkpoint; false without any about weights of another program.

    They are text as typed, so that a command line can be made of them again without torch.
    """

    key: str | None = None
    """Key of the weights in the file, where it holds several."""
    input_scaling: str | None = None
    """Input that the network was trained on, as `learning.inference.input_format` reads it."""

    network: str | None = None
    """File to run for a network of one's own, as `/path/to/file.py:Name`."""

    def __bool__(self) -> bool:
        return self.key is not None or self.input_scaling is not None

    def arguments(self) -> list[str]:
        """Return the options that state these choices on a command line."""
        values = {"key": self.key, "input-scaling": self.input_scaling, "model": self.network}
        return [f"--{name}={value}" for name, value in values.items() if value is not None]


RECOGNIZED = ForeignWeights()
"""No choices: the program finds the weights and recognizes their input."""

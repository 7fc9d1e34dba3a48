"""What is known of one plugin."""

from __future__ import annotations

from dataclasses import dataclass

#: seconds of loading that users are told of
SLOW = 3.0


@dataclass(frozen=True)
class Plugin:
    """One plugin: where it came from, why it failed if it did, and how long its code ran until now."""

    name: str
    source: str
    error: str | None = None
    seconds: float = 0.0

    @property
    def slowness(self) -> str | None:
        """A sentence when loading took long; every rank waits for it."""
        if self.seconds < SLOW:
            return None
        return (
            f"plugin {self.name} took {self.seconds:.1f} s to load. Let it import heavy libraries inside the "
            "functions that use them."
        )

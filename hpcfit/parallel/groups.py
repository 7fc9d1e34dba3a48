"""Groups of ranks: each holds all data, spread over its ranks, and does tasks of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hpcfit.errors import HpcfitError
from hpcfit.parallel.agree import agreement
from hpcfit.parallel.communicator import Communicator


@dataclass(frozen=True)
class Groups:
    """All ranks, and the group of them that this one belongs to.

    Groups are of ranks that follow each other, and differ by at most one rank.

    Attributes:
        world: all ranks.
        own: those of this rank's group; its rank 0 speaks for the group.
        number: of this rank's group, from 0, which has the rank 0 of all.
        count: how many groups there are.
    """

    world: Communicator
    own: Communicator
    number: int
    count: int

    @property
    def heads(self) -> list[int]:
        """The rank in the world of the rank 0 of each group."""
        return [-(-number * self.world.size // self.count) for number in range(self.count)]

    @property
    def is_first(self) -> bool:
        return self.number == 0


@contextmanager
def groups_of(world: Communicator, count: int) -> Iterator[Groups]:
    """Divide the ranks into `count` groups while the body runs; collective over `world`.

    Args:
        count: from 1 to the number of ranks.
    """
    number = world.rank * count // world.size
    if count == 1:
        yield Groups(world, world, 0, 1)
        return
    own = world.split(number)
    yield Groups(world, own, number, count)
    # After an error some ranks may not come here, and the program is about to end.
    own.free()


@contextmanager
def agreed(groups: Groups) -> Iterator[None]:
    """What is collective over each group; an HpcfitError of any group is raised on all ranks at its end.

    Raises:
        HpcfitError: the error of the first group that met one, which all ranks of that group raise alike.
    """
    if groups.count == 1:
        yield
        return
    error: HpcfitError | None = None
    try:
        yield
    except HpcfitError as each:
        error = each
    with agreement(groups.world):
        if error is not None:
            raise error

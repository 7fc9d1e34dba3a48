"""Everything that the tie of a parameter may refer to, and what each name in it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from hpcfit.errors import KernelError
from hpcfit.formula.check import check_expression, names_in
from hpcfit.formula.keys import Instance, key_text
from hpcfit.problem.parameters.given import Key, PotentialInput, parameter_groups
from hpcfit.problem.parameters.plain_text import PlainText
from hpcfit.problem.parameters.tie import Tie

#: a parameter: its potential's place, its key and its name
Group = tuple[int, Key, str]


@dataclass(frozen=True)
class References:
    """The parameters of all potentials of a job."""

    potentials: Sequence[PotentialInput]

    @cached_property
    def groups(self) -> list[Group]:
        """Each parameter, in the order of all parameters."""
        return [
            (index, *group) for index, each in enumerate(self.potentials) for group in parameter_groups(each)
        ]

    @cached_property
    def positions(self) -> Mapping[Group, int]:
        """Place of each parameter in `groups`."""
        return {group: position for position, group in enumerate(self.groups)}

    @cached_property
    def of_instances(self) -> Mapping[tuple[int, Instance], int]:
        """Place of the parameter that sets an instance of a potential."""
        return {
            (index, each.bound.instances[member]): self.positions[index, *group]
            for index, each in enumerate(self.potentials)
            for group, members in parameter_groups(each).items()
            for member in members
        }

    @cached_property
    def names(self) -> list[tuple[int, str]]:
        """(potential, name) of all parameters, each once."""
        return list(self._keys)

    def keys(self, index: int, name: str) -> list[Key]:
        """The keys for which a potential has a parameter of that name."""
        return self._keys.get((index, name), [])

    @cached_property
    def _keys(self) -> Mapping[tuple[int, str], list[Key]]:
        keys: dict[tuple[int, str], list[Key]] = {}
        for index, key, name in self.groups:
            keys.setdefault((index, name), []).append(key)
        return keys

    def spelled(self, parameter: Group, within: int) -> str:
        """A parameter as a tie of the potential `within` refers to it."""
        index, key, name = parameter
        dotted = f"{key_text(key)}.{name}" if key else name
        return dotted if index == within else f"{self.potentials[index].where(index)}.{dotted}"

    def tie(self, text: str, where: str, own: Group, mixing: str | None = None) -> Tie:
        """Read the tie of the parameter `own`.

        Raises:
            KernelError: its message starts with `where`: no formula, or one of unknown names.
        """
        plain = PlainText(self, text, where, own[0])
        bare = self._bare(own)
        try:
            check_expression(plain.text, {**bare, **plain.found}, where, self._advice(own, bare))
            used = names_in(plain.text, where)
            names = {name: position for name, position in {**bare, **plain.found}.items() if name in used}
            tie = Tie(text, plain.text, names, mixing)
            _ = tie.same_as  # reads it
        except KernelError as error:
            raise KernelError(plain.restored(str(error))) from None
        except RecursionError:
            raise KernelError(
                f"{where}: too many terms for a tie. Split it by auxiliary parameters."
            ) from None
        return tie

    def _bare(self, own: Group) -> dict[str, int]:
        """What names without a dot mean in the tie of `own`; not in here: unknown, or several."""
        index, own_key, _ = own
        bare = {}
        for (potential, name), keys in self._keys.items():
            key = own_key if own_key in keys else keys[0] if len(keys) == 1 else None
            if potential == index and key is not None:
                bare[name] = self.positions[index, key, name]
        return bare

    def _advice(self, own: Group, bare: Mapping[str, int]) -> dict[str, str]:
        """What to write for names that mean nothing, or several parameters, in the tie of `own`."""
        wanted: dict[str, list[str]] = {}
        for index in sorted({group[0] for group in self.groups}, key=lambda index: index != own[0]):
            for potential, name in self._keys:
                if potential == index and name not in bare and name not in wanted:
                    groups = [(index, key, name) for key in self._keys[index, name]]
                    wanted[name] = [self.spelled(group, own[0]) for group in groups]
        return {name: f" Write {choice(spellings)}" for name, spellings in wanted.items()}


def choice(texts: Sequence[str]) -> str:
    """ "a, b or c"; of many, the first few."""
    if len(texts) > 4:
        return f"{', '.join(texts[:3])} or another one"
    return " or ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)

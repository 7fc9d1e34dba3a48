"""The text of a tie with a plain name in place of each dotted reference.

    Si-C.sigma               of the same potential, for that species, pair or triplet
    lennard-jones.epsilon    of the only potential of that name
    potential[1].Si.q        of the potential at that place in the job, counted from 0

Dots and dashes mean nothing in formulas, so references become names of the same length, which keeps the
columns in messages right. `Si-C.q` is one reference where Si and C are species; `A-C.q`, where A is none, is
a difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import product
from string import ascii_uppercase
from typing import TYPE_CHECKING

from hpcfit.formula import allowed
from hpcfit.formula.keys import KEY_LENGTH, key_example, key_text
from hpcfit.formula.syntax import FormulaText
from hpcfit.problem.parameters.given import Key
from hpcfit.suggest import suggestion

if TYPE_CHECKING:
    from hpcfit.problem.parameters.reference import References

_WORD = r"[A-Za-z][A-Za-z0-9_]*"
_RUN = rf"{_WORD}(?:-{_WORD})*"
_TOKEN = re.compile(r"[A-Za-z0-9_.]+|\S")
_EACH = {1: "species", 2: "pair", 3: "triplet"}


class PlainText:
    """The text of a tie, read from left to right.

    Attributes:
        text: without dots and dashes of references.
        found: for each name put in place of a reference, the parameter's position.

    Raises:
        KernelError: a reference that means no parameter.
    """

    def __init__(self, references: References, text: str, where: str, within: int) -> None:
        self._references = references
        self._source = FormulaText(text, where)
        self._within = within
        self._written: dict[str, str] = {}
        self.found: dict[str, int] = {}
        self.text = self._source.text
        if "." in self.text and _is_of_allowed_size(self.text):  # others are refused as they are
            self._replace_all()

    def restored(self, message: str) -> str:
        """A message about the text, with the references as they were written."""
        for plain, written in self._written.items():
            message = re.sub(rf"\b{plain}\b", lambda _, text=written: text, message)  # type: ignore[misc]
        return message

    def _replace_all(self) -> None:
        at = 0
        while (match := self._pattern.search(self._source.text, at)) is not None:
            at = match.end()
            if match["run"] is None and match["potential"] is None:
                continue
            first, at, position = self._reference(match)
            self._replace(first, at, position)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        names = sorted({re.escape(name) for name in self._places}, key=len, reverse=True)
        potential = "|".join([r"potential\[\d+\]", *(rf"{name}(?:\[\d+\])?" for name in names)])
        return re.compile(
            rf"(?<![\w.])(?:(?P<potential>{potential})\.)?(?:(?P<run>{_RUN})\.)?(?P<name>{_WORD})"
        )

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """Where in the job the potentials of each name are."""
        places: dict[str, list[int]] = {}
        for index, each in enumerate(self._references.potentials):
            places.setdefault(each.bound.formula.name, []).append(index)
        return places

    def _reference(self, match: re.Match[str]) -> tuple[int, int, int]:
        """Where a reference begins and ends, and the position of the parameter that it means."""
        name, run = match["name"], (match["run"] or "").split("-") if match["run"] else []
        if match["potential"] is not None:
            index = self._potential(match["potential"], match.start())
            if set(run) <= set(self._species(index)):
                return match.start(), match.end(), self._position(index, tuple(run), name, match.start())
            # morse.D-Si.q: a parameter, and the beginning of something else
            end = match.start("run") + len(run[0])
            return match.start(), end, self._position(index, (), run[0], match.start())
        keyed = self._key(run, name)
        if keyed:
            self._check_rest(match, run[: len(run) - len(keyed)])
            first = match.end("run") - len(key_text(keyed))
            return first, match.end(), self._position(self._within, keyed, name, first)
        called = [each for each in self._places if f"-{match['run']}".endswith(f"-{each}")]
        if not called:
            known = [*self._species(self._within), *self._places]
            fault = f"no species or potential is called {match['run']}"
            self._source.fail(fault, match.start("run"), suggestion(match["run"], known))
        first = match.end("run") - max(map(len, called))
        index = self._potential(max(called, key=len), first)
        return first, match.end(), self._position(index, (), name, first)

    def _species(self, index: int) -> tuple[str, ...]:
        return self._references.potentials[index].bound.species

    def _key(self, run: list[str], name: str) -> Key:
        """The species at the end of a run of names with dashes; () when the last one is no species.

        What is more than the parameter's key may be a parameter of its own, and a minus.
        """
        species, own = self._species(self._within), self._references.potentials[self._within]
        length = 0
        while length < len(run) and run[-1 - length] in species:
            length += 1
        kinds = {spec.name: spec.kind for spec in own.bound.formula.parameters}
        needed = KEY_LENGTH[kinds[name]] if name in kinds else length
        if 0 < needed < length and all(self._references.keys(self._within, n) for n in run[:-needed]):
            length = needed
        return tuple(run[len(run) - length :])

    def _check_rest(self, match: re.Match[str], rest: list[str]) -> None:
        """What stands before a key and a dash must be parameters, from which the key's one is taken."""
        column = match.start("run")
        for word in rest:
            if not self._references.keys(self._within, word):
                hint = suggestion(word, self._species(self._within))
                self._source.fail(f"no species is called {word}", column, hint)
            column += len(word) + 1

    def _potential(self, text: str, column: int) -> int:
        """The place of the potential that "potential[1]", "morse" or "morse[1]" names."""
        name, _, place = text.rstrip("]").partition("[")
        if place and int(place) < len(self._references.potentials):
            index = int(place)
            if name == "potential" or index in self._places.get(name, ()):
                return index
        if place:
            known = [
                f"potential[{i}] ({each.bound.formula.name})"
                for i, each in enumerate(self._references.potentials)
            ]
            self._source.fail(f"there is no {text}", column, f" There is {', '.join(known)}")
        places = self._places[name]
        if len(places) > 1:
            several = " or ".join(f"potential[{index}]" for index in places)
            self._source.fail(f"{len(places)} potentials are called {name}", column, f" Write {several}")
        return places[0]

    def _position(self, index: int, key: Key, name: str, column: int) -> int:
        """The position of a parameter of a potential."""
        potential, references = self._references.potentials[index], self._references
        bound, keys = potential.bound, references.keys(index, name)
        if not keys:
            hint = suggestion(name, [other for place, other in references.names if place == index])
            self._source.fail(f"{bound.formula.name} has no parameter {name}", column, hint)
        if len(keys) == 1 and (not key or set(key) == set(bound.species)):
            return references.positions[index, keys[0], name]
        if name in potential.auxiliary:
            self._source.fail(f"{name} belongs to no species", column, f" Write {name} alone")
        kind = bound.formula.parameter(name).kind
        if len(key) != KEY_LENGTH[kind]:
            example = f" Write {key_example(kind, bound.species)}.{name}" if KEY_LENGTH[kind] else ""
            each = _EACH.get(KEY_LENGTH[kind])
            what = f"is one number for each {each}" if each else "belongs to no species"
            self._source.fail(f"{name} {what}", column, example or f" Write {name} alone")
        return references.of_instances[index, bound.instance(name, key)]

    def _replace(self, first: int, last: int, position: int) -> None:
        written = self._source.text[first:last]
        plain = next(name for name in _names_like(written) if self._is_free(name, written))
        self._written[plain] = written
        self.found[plain] = position
        self.text = self.text[:first] + plain + self.text[last:]

    def _is_free(self, name: str, written: str) -> bool:
        """Whether a name can stand for what was written: it stands for nothing else."""
        known = self._written.get(name)
        return known == written or (known is None and not re.search(rf"\b{name}\b", self._source.text))


def _is_of_allowed_size(text: str) -> bool:
    if len(text) > allowed.MAX_CHARACTERS:
        return False
    return sum(1 for _ in _TOKEN.finditer(text)) <= allowed.MAX_TOKENS


def _names_like(written: str) -> Iterator[str]:
    """Names of the same length, the most similar first; more than a formula may have."""
    yield re.sub(r"\W", "_", written)
    for tail in product(ascii_uppercase, repeat=3):
        yield "X" * (len(written) - 3) + "".join(tail)

"""check_reader: sound readers pass, and each promise can be broken in a way that is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hpcfit.data import Reader, configuration
from hpcfit.data.extxyz_frame import extxyz_frame
from hpcfit.errors import DataError
from hpcfit.testing import ConformanceError, check_reader, sample_configurations

TEXT = "-1.5\n0 0 0\n0 0 2.5\nend\n-1.25\n0 0 0\n0 0 3.0\nend\n"


class Lines(Reader):
    """Dimers and the like: an energy, positions, "end"; one after the other."""

    name = "lines"
    formats = "argon clusters (.lines)"

    def sniff(self, path):
        return path.suffix == ".lines"

    def read(self, source, options, report):
        energy, positions, number = None, [], 0
        for line in source.path.read_text().splitlines():
            try:
                words = [float(word) for word in line.split() if word != "end"]
            except ValueError as error:
                raise DataError(f"{source.path}: {error}") from error
            if energy is None:
                energy = words[0]
            elif words:
                positions.append(words)
            else:
                yield self.made(source.identifier(number), positions, energy, options, report)
                energy, positions, number = None, [], number + 1
        if energy is not None:
            raise DataError(f"{source.path}: ends within configuration {number}.")

    def made(self, identifier, positions, energy, options, report):
        if "energy" in options.leave_out:
            return configuration(identifier, [18] * len(positions), positions)
        report.found("energy", "first line")
        return configuration(identifier, [18] * len(positions), positions, energy=energy)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "dimers.lines"
    made.write_text(TEXT)
    return made


def fault_of(reader, path) -> str:
    with pytest.raises(ConformanceError) as caught:
        check_reader(reader, path)
    return str(caught.value).replace(str(path), "FILE")


def test_a_sound_reader_passes(path):
    check_reader(Lines(), path)


def test_the_reader_of_extended_xyz_passes_by_its_name(tmp_path):
    path = tmp_path / "some.xyz"
    path.write_text("".join(extxyz_frame(each) for each in sample_configurations()))
    check_reader("extxyz", path)


class KnowsAll(Lines):
    def sniff(self, path):
        return True


class KnowsNone(Lines):
    def sniff(self, path):
        return False


class Unsure(Lines):
    def sniff(self, path):
        return path.read_text()[:3]


class Fragile(Lines):
    def sniff(self, path):
        return path.read_text().splitlines()[0] == "-1.5"


class Nameless(Lines):
    def made(self, identifier, *rest):
        return super().made("same", *rest)


class Silent(Lines):
    def made(self, *arguments):
        found = super().made(*arguments)
        arguments[-1].keys.clear()
        return found


class Stubborn(Lines):
    def made(self, *arguments):
        *others, options, report = arguments
        return super().made(*others, replace(options, leave_out=frozenset()), report)


class Forgetful(Lines):
    reads = 0

    def read(self, source, options, report):
        self.reads += 1
        for each in super().read(source, options, report):
            yield replace(each, energy=each.energy + 0.5 * (self.reads > 1))


class Shrinking(Lines):
    reads = 0

    def read(self, source, options, report):
        self.reads += 1
        found = list(super().read(source, options, report))
        return iter(found[: 3 - self.reads])


class Invalid(Lines):
    def made(self, *arguments):
        return replace(super().made(*arguments), energy=float("nan"))


class Raising(Lines):
    def read(self, source, options, report):
        raise KeyError("energy")


class Tuples(Lines):
    def read(self, source, options, report):
        yield 1, 2


class Nothing(Lines):
    def read(self, source, options, report):
        return iter(())


class Careless(Lines):
    def read(self, source, options, report):
        if not source.path.read_text().endswith("end\n"):
            raise IndexError("list index out of range")
        return super().read(source, options, report)


class HalfRead(Lines):
    def read(self, source, options, report):
        yield self.made("checked#0", [[0.0, 0.0, float(k)] for k in range(1, 9)], -1.0, options, report)
        text = source.path.read_text()
        if not text.endswith("end\n"):
            yield self.made("checked#0", [[0.0, 0.0, 0.0]], -1.0, options, report)


class Untitled(Lines):
    formats = ""


class InFeet(Lines):
    length_unit = "foot"


class Undecided(Lines):
    fixed_units = None


@pytest.mark.parametrize(
    ("reader", "fault"),
    [
        (KnowsNone, "reader lines: sniff says that FILE is not of its format."),
        (
            KnowsAll,
            "reader lines: sniff says that a text named other.txt is of its format; `hpcfit import` would "
            "read foreign files of a folder with it.",
        ),
        (Unsure, "reader lines: sniff returned '-1.' for dimers.lines, not True or False."),
        (
            Fragile,
            "reader lines: sniff raised IndexError on an empty file (other.txt): list index out of range; it "
            "must answer True or False for every file.",
        ),
        (Raising, "reader lines: reading FILE raised KeyError: 'energy'"),
        (Tuples, "reader lines, FILE: number 0 of what it yields is tuple, not a Configuration."),
        (Nothing, "reader lines, FILE: no configuration is read."),
        (
            Invalid,
            "reader lines, FILE: configuration checked#0: energy contain NaN or infinity; leave the whole "
            "value out if it is not known.",
        ),
        (Nameless, "reader lines, FILE: 2 configurations have the identifier 'same'."),
        (
            Silent,
            "reader lines, FILE: 2 of 2 configurations have energy, but report.found('energy', ...) was "
            "called 0 times; it tells the user where each came from.",
        ),
        (
            Forgetful,
            "reader lines, FILE: configuration 'checked#0' has another energy when it is read again.",
        ),
        (
            Shrinking,
            "reader lines, FILE: 2 configurations are read the first time, 1 the second.",
        ),
        (
            Stubborn,
            "reader lines, FILE: configuration 'checked#0' has energy though options.leave_out holds it "
            "(--no-energy).",
        ),
        (
            Careless,
            "reader lines, dimers.lines cut after 1 of 47 bytes: it raised IndexError: list index out of "
            "range; a DataError that names file and line is expected.",
        ),
        (
            HalfRead,
            "reader lines, dimers.lines cut after 1 of 47 bytes: it yields a configuration 'checked#0' of 1 "
            "atom, which the whole file does not hold; raise a DataError that names file and line.",
        ),
        (Untitled, "Untitled: formats must be a text of one line, not ''."),
        (InFeet, "InFeet: length_unit is 'foot', which is none of angstrom, bohr, nm."),
        (Undecided, "Undecided: fixed_units must be True or False, not None."),
    ],
)
def test_what_a_reader_does_wrong_is_told(reader, fault, path):
    assert fault_of(reader(), path) == fault


def test_a_class_is_no_reader_yet(path):
    assert fault_of(Lines, path).endswith(
        "is not an instance of a class derived from Reader. Make an instance of it."
    )

"""Reading setfl and funcfl files: LAMMPS' eam/alloy, eam/fs, adp and eam.

setfl: three lines of comment; the elements; Nrho, drho, Nr, dr, cutoff; then for each element a line (atomic
number, mass, lattice constant, lattice), F(rho) and the density it makes (eam/fs: at each element), and then
r phi(r) of each pair, lower triangle; adp goes on with u(r) and w(r) of the same pairs. Its length tells
which of them a file is.

funcfl: a comment; atomic number, mass, ...; Nrho, drho, Nr, dr, cutoff; then F(rho), a charge Z(r) with
r phi(r) = 27.2 * 0.529 * Z(r)^2 in eV angstrom, and the density.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hpcfit.elements import atomic_number, chemical_symbol
from hpcfit.errors import DataError
from hpcfit.potentials.eam_tables.numbers import FloatArray, TableText
from hpcfit.potentials.eam_tables.table import EamTable

#: eV angstrom; LAMMPS' values of the Hartree and of Bohr's radius
_CHARGES = 27.2 * 0.529
#: words that the line of an element has
_ELEMENT_WORDS = (2, 8)


def read_table(path: Path) -> EamTable:
    """The potential in a file.

    Raises:
        DataError: the file cannot be read, or is of neither format; with file and line.
    """
    text = TableText.of_file(path)
    words = text.words(4)
    if len(words) > 1 and words[0].isdigit() and words[1][0].isalpha():
        return _setfl(text)
    if len(text.words(3)) == 5 and text.words(2) and text.words(2)[0].isdigit():
        return _funcfl(text)
    raise DataError(
        f"{path}: neither a setfl file (line 4: number of elements, symbols; line 5: Nrho, drho, Nr, dr, "
        "cutoff) nor a funcfl file (line 2: atomic number, mass, ...; line 3: Nrho, drho, Nr, dr, cutoff)."
    )


def _elements(text: TableText) -> tuple[str, ...]:
    count, *names = text.words(4)
    if int(count) != len(names):
        raise text.fail(4, f"{count} elements are announced, but {len(names)} named: {', '.join(names)}.")
    if len(set(names)) != len(names):
        raise text.fail(4, f"an element is named twice: {', '.join(names)}.")
    for name in names:
        try:
            atomic_number(name)
        except DataError as error:
            raise text.fail(4, str(error)) from None
    return tuple(names)


def _style(text: TableText, n: int, nrho: int, nr: int) -> str:
    """The format whose length the file has, but for the words of the elements' lines."""
    found = sum(len(line.split()) for line in text.lines[5:])
    pairs = n * (n + 1) // 2 * nr
    lengths = {
        "alloy": n * (nrho + nr) + pairs,
        "fs": n * (nrho + n * nr) + pairs,
        "adp": n * (nrho + nr) + 3 * pairs,
    }
    fewest, most = (n * words for words in _ELEMENT_WORDS)
    fitting = {found - length: style for style, length in lengths.items() if fewest <= found - length <= most}
    if fitting:
        return fitting[min(fitting)]
    raise text.fail(
        5,
        f"Nrho = {nrho} and Nr = {nr} of {n} element(s) make {lengths['alloy']} numbers (eam/alloy), "
        f"{lengths['fs']} (eam/fs) or {lengths['adp']} (adp), but the file has about {found - 4 * n}. It is "
        "cut short, or this line is wrong.",
    )


def _check_element_line(text: TableText, line: int, name: str) -> None:
    """Only that it is one: many files have atomic number 1 for any element."""
    words = text.words(line)
    if _ELEMENT_WORDS[0] <= len(words) <= _ELEMENT_WORDS[1] and words[0].isdigit() and int(words[0]) > 0:
        return
    raise text.fail(
        line,
        f"atomic number, mass, lattice constant and lattice of {name} are expected, not "
        f"{' '.join(words)!r:.60}. Are Nrho and Nr in line 5 right?",
    )


def _setfl(text: TableText) -> EamTable:
    species = _elements(text)
    nrho, drho, nr, dr, cutoff = text.grid(5)
    n = len(species)
    style = _style(text, n, nrho, nr)
    embedding, density = np.empty((n, nrho)), np.empty((n, n, nr))
    line = 6
    for k, name in enumerate(species):
        _check_element_line(text, line, name)
        embedding[k], line = text.numbers(line + 1, nrho, f"F of {name}")
        if style == "fs":
            for receiver, other in enumerate(species):
                density[receiver, k], line = text.numbers(line, nr, f"the density of {name} at {other}")
        else:
            density[:, k], line = text.numbers(line, nr, f"the density of {name}")
    pair, line = _triangle(text, line, species, nr, "r phi")
    dipole = quadrupole = None
    if style == "adp":
        dipole, line = _triangle(text, line, species, nr, "u")
        quadrupole, line = _triangle(text, line, species, nr, "w")
    return EamTable(style, species, cutoff, drho, dr, embedding, density, pair, dipole, quadrupole)


def _triangle(
    text: TableText, line: int, species: tuple[str, ...], nr: int, what: str
) -> tuple[FloatArray, int]:
    found = np.empty((len(species), len(species), nr))
    for i, first in enumerate(species):
        for j, second in enumerate(species[: i + 1]):
            values, line = text.numbers(line, nr, f"{what} of {first}-{second}")
            found[i, j] = found[j, i] = values
    return found, line


def _funcfl(text: TableText) -> EamTable:
    try:
        species = chemical_symbol(int(text.words(2)[0]))
    except DataError as error:
        raise text.fail(2, str(error)) from None
    nrho, drho, nr, dr, cutoff = text.grid(3)
    embedding, line = text.numbers(4, nrho, "F")
    charge, line = text.numbers(line, nr, "Z")
    density, line = text.numbers(line, nr, "the density")
    more = sum(len(text.words(each)) for each in range(line, len(text.lines) + 1))
    if more:
        raise text.fail(line, f"{more} words follow the density. Are Nrho and Nr in line 3 right?")
    functions = embedding[None], density[None, None], (_CHARGES * charge**2)[None, None]
    return EamTable("funcfl", (species,), cutoff, drho, dr, *functions)

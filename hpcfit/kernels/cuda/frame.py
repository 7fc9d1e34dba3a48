"""What all kernels of a model have in common: their arguments, and which thread does what.

A thread does one atom or one bond (blockIdx.x) for one column (blockIdx.y). Slot 0 is the value, slot s > 0
is the column first_column + s - 1 of the Jacobian; arrays of fields hold one slot after the other:

    density    components of densities of atoms, (slots, components, atoms); `embedding` dE/d(those), the same
    zeta, weight    of bonds (slots, bonds): zeta and 1/2 dU/dzeta
    gradient   of bonds (slots, bonds, 4): derivative of the site energy by the bond vector, its energy
    sums       of atoms (slots, 7, atoms): energy and virial (xx, yy, zz, yz, xz, xy)
    predictions     (columns + 1, rows), the value last

`segment`[n_species*atom + s] is the first bond of an atom to a neighbour of species s; `kinds` of a bond is
n_species*(species of the centre) + species of the neighbour; `row` of an atom is that of its force.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from hpcfit.formula.node import Node
from hpcfit.kernels.cuda.text import CudaText
from hpcfit.kernels.symbols import Symbols

#: threads of a block
BLOCK = 128
#: threads that share an atom where only its own bonds count; fixed, for the same bits in any group
LANES = 8
_NUMBERS = ("n_atoms", "n_bonds", "n_rows", "first_slot", "first_column", "value_column", "add", "n_slots")
_INTEGERS = ("species", "segment", "centre", "neighbor", "kinds", "reverse", "row", "columns")
_FLOATS = ("distance", "vector", "table", "constants")
WRITTEN = ("density", "embedding", "zeta", "weight", "gradient", "sums", "predictions")
ORDER = (*_NUMBERS, *_INTEGERS, *_FLOATS, *WRITTEN)


def arguments(written: Collection[str]) -> str:
    """The arguments of a kernel that writes some of the arrays."""
    found = [f"index_t {name}" for name in _NUMBERS]
    found += [f"const int *__restrict__ {name}" for name in _INTEGERS]
    found += [f"const double *__restrict__ {name}" for name in _FLOATS]
    found += [f"{'' if name in written else 'const '}double *__restrict__ {name}" for name in WRITTEN]
    return ", ".join(found)


@contextmanager
def kernel(text: CudaText, name: str, written: Collection[str], *, by_slot: bool = True) -> Iterator[None]:
    """A kernel of threads with a slot, or without."""
    text.add(
        "", f'extern "C" __global__ void __launch_bounds__({BLOCK}) {name}(', f"    {arguments(written)})"
    )
    with text.block():
        if by_slot:
            text.add("const int slot = (int)first_slot + blockIdx.y;")
            text.add("const int column = slot ? (int)first_column + slot - 1 : -2;")
        yield


def one_of(text: CudaText, index: str, count: str) -> None:
    """The atom or bond of the thread."""
    text.add("const index_t thread = blockIdx.x * (index_t)blockDim.x + threadIdx.x;")
    text.add(f"if (thread >= {count}) return;", f"const int {index} = (int)thread;")


def bond_variables(text: CudaText) -> None:
    """Length and unit vector of bond b."""
    text.add("const double r = distance[b], over_r = 1.0 / r;")
    for k, axis in enumerate("xyz"):
        place = "b" if not k else f"{k} * n_bonds + b"
        text.add(f"const double d{axis} = vector[{place}], u{axis} = d{axis} * over_r;")


def atom_of_lanes(text: CudaText) -> None:
    """The atom of LANES threads, of which the first is `lane` 0; there may be none `inside`."""
    text.add("const index_t thread = blockIdx.x * (index_t)blockDim.x + threadIdx.x;")
    text.add(f"const int lane = threadIdx.x % {LANES};", f"const bool inside = thread / {LANES} < n_atoms;")
    text.add(f"const int atom = inside ? (int)(thread / {LANES}) : 0;")


@contextmanager
def each_kind(text: CudaText, n_species: int) -> Iterator[None]:
    """The loop over the species of neighbours of an atom, with the `kind` of their bonds."""
    with text.over("near", n_species):
        kind = f"{n_species} * species[atom] + near" if n_species > 1 else "0"
        text.add(f"const int kind = {kind};")
        yield


@contextmanager
def own_bonds(text: CudaText, n_species: int) -> Iterator[None]:
    """The loop over the bonds b of an atom and a kind."""
    text.add(f"const int end = segment[{n_species} * atom + near + 1];")
    with text.block(f"for (int b = segment[{n_species} * atom + near]; b < end; b++)"):
        bond_variables(text)
        yield


@contextmanager
def bonds_of_lane(text: CudaText, n_species: int) -> Iterator[None]:
    """The loop over the bonds of a kind, each of the lanes of an atom having its own."""
    place = f"{n_species} * atom + near"
    text.add(f"const int end = inside ? segment[{place} + 1] : 0;")
    with text.block(f"for (int b = segment[{place}] + lane; b < end; b += {LANES})"):
        text.add("const double r = distance[b];", "if (!(r < t2[0])) continue;")
        text.add("const double over_r = 1.0 / r;")
        for k, axis in enumerate("xyz"):
            text.add(f"const double d{axis} = vector[{f'{k} * n_bonds + ' if k else ''}b];")
        yield


def bond_names(symbols: Symbols) -> dict[Node, str]:
    """The variables of bond b, by what they are in expressions."""
    graph = symbols.graph
    return {symbols.r1: "r", graph.inverse(symbols.r1): "over_r", symbols.tiny: "1e-100"}


def field_place(slot: str, k: int, count: int, size: str, index: str) -> str:
    """Where an array of fields has number k of an atom or bond."""
    return (
        f"((index_t)({slot}) * {count} + {k}) * {size} + {index}"
        if count > 1
        else (f"(index_t)({slot}) * {size} + {index}")
    )


def field_lines(array: str, names: Sequence[str], size: str, index: str) -> list[str]:
    """Variables of fields, and of their tangents by the names with _k."""
    lines = []
    for k, name in enumerate(names):
        first, own = (field_place(slot, k, len(names), size, index) for slot in ("0", "slot"))
        lines.append(f"const double {name} = {array}[{first}], {name}_k = {array}[{own}];")
    return lines

"""Forces of what only an atom's own bonds are needed for: no gradients of bonds are kept in memory.

A pair energy that both atoms see alike pulls each of them with its whole slope. LANES threads share an atom;
each adds up what its bonds contribute to some columns at once, and at the end of each kind of bonds the sums
go to the rows of the atom (`write_pairs`). So what the columns have in common is computed once for each bond.

By the parameters of a spline there are many derivatives, of which few are not zero for a bond. They are done
column by column (`write_columns`), as is everything of densities: with the derivatives A_c = dE/dc of both
atoms, the force from the bond to j is the gradient by D of (density/plan.py)

    sum_c (A_c(i) f_ij(r) + s_c A_c(j) f_ji(r)) m_c(D)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from hpcfit.formula.node import Node
from hpcfit.formula.print_cuda import assignment_lines, expression_text
from hpcfit.formula.stage import schedule
from hpcfit.kernels.cuda import frame
from hpcfit.kernels.cuda.derivatives import Change, Outputs
from hpcfit.kernels.cuda.sums import Names, Sums, units_of, write_bond, write_matches
from hpcfit.kernels.cuda.text import CudaText

_VIRIAL = (("x", "x"), ("y", "y"), ("z", "z"), ("y", "z"), ("x", "z"), ("x", "y"))
#: sums of one thread: of more there would be too few registers
_MOST_SUMS = 40


@dataclass(frozen=True)
class _Column:
    """Half the energy of a bond and its slope, or their derivatives; `place` among the names of the table."""

    place: int | None
    energy: Node
    slope: Node
    change: Change | None = None


def plain_outputs(outputs: Outputs) -> Outputs:
    """Without the derivatives by parameters of splines."""
    return replace(outputs, changes=tuple(each for each in outputs.changes if each.number is None))


def spline_outputs(outputs: Outputs) -> Outputs:
    """With these alone."""
    return replace(outputs, changes=tuple(each for each in outputs.changes if each.number is not None))


def groups_of(outputs: Outputs, stress: bool) -> list[list[_Column]]:
    """The value and derivatives by single parameters, as many at a time as there are registers for."""
    energy, slope = outputs.nodes
    columns = [_Column(None, energy, slope)]
    for place, change in enumerate(outputs.changes):
        energy, slope = change.outputs
        columns.append(_Column(place, energy, slope, change))
    most = _MOST_SUMS // (10 if stress else 4)
    return [columns[first : first + most] for first in range(0, len(columns), most)]


def write_pairs(
    text: CudaText, name: str, sums: Sums, columns: Sequence[_Column], given: Names, stress: bool
) -> None:
    """The kernel for some columns of a pair energy."""
    graph = sums.outputs.graph
    given = {**sums.constants, **given}
    for column in columns:
        if column.change is not None:
            given |= units_of(sums, column.change)
    outputs = [node for column in columns for node in (column.energy, column.slope)]
    with frame.kernel(text, name, ("sums", "predictions"), by_slot=False):
        frame.atom_of_lanes(text)
        with frame.each_kind(text, sums.n_species):
            sums.start(text, "kind")
            for k in range(len(columns)):
                text.add(_zeros(f"_{k}", stress))
            with frame.bonds_of_lane(text, sums.n_species):
                assignments, names = schedule(graph, outputs, given, "x")
                text.extend(assignment_lines(graph, assignments, names))
                if stress:
                    text.add(*(f"const double d{a}{b} = d{a} * d{b};" for a, b in _VIRIAL))
                for k, column in enumerate(columns):
                    text.add(f"energy_{k} += {expression_text(graph, column.energy, names)};")
                    slope = expression_text(graph, column.slope, names)
                    text.add(f"const double w_{k} = ({slope}) * over_r;")
                    text.add(*(f"f{axis}_{k} += w_{k} * d{axis};" for axis in "xyz"))
                    if stress:
                        text.add(*(f"v{a}{b}_{k} += w_{k} * d{a}{b};" for a, b in _VIRIAL))
            for k, column in enumerate(columns):
                with text.block():
                    if column.place is None:
                        text.add("const int column = (int)value_column, slot = first_slot ? -1 : 0;")
                    else:
                        text.add(f"const int column = {sums.columns_of('kind')}[{column.place}];")
                        text.add("const int slot = column < 0 ? -1 : column - (int)first_column + 1;")
                    first = "0" if column.place is None else "1"
                    _write_flush(text, f"_{k}", f"slot >= {first} && slot < n_slots", "0.5 * ", stress)


def write_columns(
    text: CudaText,
    name: str,
    parts: Sequence[Sums],
    given: Names,
    stress: bool,
    load: Sequence[str] = (),
    of_neighbor: Sequence[str] = (),
    *,
    values: bool = True,
) -> None:
    """The kernel in which each thread works for one column of [energy, slope, and x, y, z besides].

    Args:
        load: variables of the atom's fields; `of_neighbor` of those of atom j.
        values: whether the value is one of the columns; else threads of slot 0 do nothing.
    """
    targets = ["energy", "along", "fx", "fy", "fz"]
    n_species = parts[0].n_species
    with frame.kernel(text, name, ("sums", "predictions")):
        frame.atom_of_lanes(text)
        text.add(*load, _zeros("", stress))
        with frame.each_kind(text, n_species):
            for sums in parts:
                with text.block():
                    sums.start(text, "kind")
                    write_matches(text, sums, "kind")
                    with _wanted_kinds(text, sums, values=values), frame.bonds_of_lane(text, n_species):
                        text.add(*of_neighbor)
                        text.add("double energy_b = 0.0, along_b = 0.0, fx_b = 0.0, fy_b = 0.0, fz_b = 0.0;")
                        own = [f"{target}_b" for target in targets[: len(sums.outputs.nodes)]]
                        write_bond(text, sums, given, own)
                        text.add("energy += energy_b;", "along_b *= over_r;")
                        text.add(*(f"f{axis}_b += along_b * d{axis};" for axis in "xyz"))
                        text.add(*(f"f{axis} += f{axis}_b;" for axis in "xyz"))
                        if stress:
                            text.add(*(f"v{a}{b} += d{a} * f{b}_b;" for a, b in _VIRIAL))
        where = "value_column" if values else "column"
        text.add(f"const index_t to_column = slot ? column : {where};")
        with text.block():
            text.add("const int column = (int)to_column;")
            _write_flush(text, "", "true" if values else "slot", "0.5 * ", stress)


@contextmanager
def _wanted_kinds(text: CudaText, sums: Sums, *, values: bool) -> Iterator[None]:
    """With splines alone: only if some parameter of the kind has the thread's column."""
    if values:
        yield
        return
    label = sums.table.first_number
    wanted = " || ".join(f"from{label}_{place} < to{label}_{place}" for place, _ in sums.places)
    with text.block(f"if ({wanted})"):
        yield


def _zeros(suffix: str, stress: bool) -> str:
    names = [f"{name}{suffix}" for name in ("energy", "fx", "fy", "fz")]
    names += [f"v{a}{b}{suffix}" for a, b in _VIRIAL] if stress else []
    return f"double {', '.join(f'{name} = 0.0' for name in names)}" + (
        ", along = 0.0;" if not suffix else ";"
    )


def _write_flush(text: CudaText, suffix: str, wanted: str, half: str, stress: bool) -> None:
    """The sums of all lanes, to the rows of the atom in a column."""
    names = [f"{name}{suffix}" for name in ("energy", "fx", "fy", "fz")]
    names += [f"v{a}{b}{suffix}" for a, b in _VIRIAL] if stress else []
    text.add(*(f"{name} = sum_of_lanes({name}, {frame.LANES});" for name in names))
    with text.block(f"if (inside && lane == 0 && {wanted})"):
        text.add("double *force = predictions + column * n_rows + row[atom];")
        text.add(*(f"force[{k}] += {name};" for k, name in enumerate(names[1:4])))
        text.add("double *to = sums + (index_t)slot * 7 * n_atoms + atom;", f"to[0] += {names[0]};")
        text.add(*(f"to[{k} * n_atoms] += {half}{name};" for k, name in enumerate(names[4:], start=1)))

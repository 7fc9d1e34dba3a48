"""Generated code for the forces that bonds exert through densities.

What a bond of atoms i and j gives is, with G_c the gradient of f m_c(D) by D, a sum over components of
(A_c(i) + s_c A_c(j)) G_c, or where f_ij and f_ji differ A_c(i) G_c,ij + s_c A_c(j) G_c,ji. The bond stage
puts it into the slope and the direct part of each column, with A fixed (`write_contractions`).

The derivatives of A by parameters come on top of that. They belong to atoms, so eight lanes are eight
parameters of one atom here, not eight bonds (`ResponseForces`):

    dF_i/dtheta += sum_c dA_c(i)/dtheta (sum_x G_c,x) + sum_x sum_c s_c dA_c(j)/dtheta G_c,x

and the virial, which counts bonds from either end, needs the first sum alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from hpcfit.formula.node import Node
from hpcfit.kernels.density_force_plan import AXES, DensityForce
from hpcfit.kernels.plan import SetPlan
from hpcfit.kernels.text import Text

#: Voigt components as (component of the bond, component of the gradient)
VOIGT = (("x", "x"), ("y", "y"), ("z", "z"), ("y", "z"), ("x", "z"), ("x", "y"))


def write_contractions(text: Text, plan: SetPlan) -> dict[Node, str]:
    """Values of the symbols of `plan.forces` for the bonds o..o+7 of one atom, and their names.

    A_c stands in the rows of `fields` behind those of all components of the potential's densities.
    """
    components = plan.bonds.symbols.all_components
    names: dict[Node, str] = {}
    text.add("i = get(owners, v)")
    for force in plan.forces:
        minus = "-" if force.sign < 0 else "+"
        for component in force.density.components:
            c = components.index(component)
            row = f"{len(components) + c} * most_atoms"
            text.add(f"i{c} = get(fields, {row} + i)", f"j{c} = gather(fields, {row}, rows_of, o)")
            if force.symmetric:
                text.add(f"i{c} = i{c} {minus} j{c}")
            elif force.sign < 0:
                text.add(f"j{c} = -j{c}")
        ends = [("i", force.own, force.own_gradient)]
        if not force.symmetric:
            ends.append(("j", force.other, force.other_gradient))
        for letter, contraction, gradient in ends:
            of = [f"{letter}{components.index(component)}" for component in force.density.components]
            for node, axis in ((contraction, ""), *zip(gradient, AXES, strict=False)):
                terms = [
                    " * ".join([value, *factors])
                    for value, product in zip(of, force.products, strict=True)
                    for factors in _products(product, axis)
                ]
                text.add(f"{node.value} = {' + '.join(terms)}")
                names[node] = str(node.value)
    return names


def _products(product: str, axis: str) -> Iterator[list[str]]:
    """Factors of m_c, or of each term of its derivative by the bond's component `axis`."""
    if not axis:
        yield [f"d{letter}" for letter in product]
        return
    for k, letter in enumerate(product):
        if letter == axis:
            yield [f"d{other}" for other in product[:k] + product[k + 1 :]]


@dataclass(frozen=True)
class GradientRow:
    """G_c of one component, as seen from the centre (`end` 0) or from the neighbour (1)."""

    force: DensityForce
    end: int
    component: int
    product: str
    row: int

    @property
    def label(self) -> str:
        return f"{self.component}_{self.end}"


def gradient_rows(plan: SetPlan, first: int) -> list[GradientRow]:
    """The gradients that responses need; each takes three rows of the scratch array from its `row` on."""
    if not plan.responds:
        return []
    components = plan.bonds.symbols.all_components
    found: list[GradientRow] = []
    for force in plan.forces:
        for end in range(len(force.functions)):
            for component, product in zip(force.density.components, force.products, strict=True):
                c = components.index(component)
                found.append(GradientRow(force, end, c, product, first + 3 * len(found)))
    return found


def write_gradients(text: Text, rows: list[GradientRow], texts: dict[Node, str]) -> None:
    """Store the gradients of the bonds o..o+7; `texts` says what f and df/dr are called."""
    for each in rows:
        value, slope = each.force.functions[each.end]
        along = " * ".join([texts[slope], *(f"d{letter}" for letter in each.product)])
        for k, axis in enumerate(AXES):
            terms = [f"{along} * u{axis}"]
            terms += [" * ".join([texts[value], *factors]) for factors in _products(each.product, axis)]
            gradient = " + ".join(terms)
            text.add(f"store(scratch, o + {each.row + k} * capacity, where_less(r, c0, {gradient}, 0.0))")


class ResponseForces:
    """Writes derivatives of forces and virials by what A responds to, for bonds of a site and a species.

    Args:
        first: where `columns` says what each species responds to (slots.py).
        buffer: start of room for 24 numbers behind the rows of the scratch array.
        n_rows: of `responses` for each atom.
    """

    def __init__(
        self,
        rows: list[GradientRow],
        first: int,
        n_species: int,
        stress: bool,
        buffer: str,
        n_rows: int,
    ) -> None:
        self.own = [each for each in rows if each.end == 0]
        self.other = [each for each in rows if each.end == len(each.force.functions) - 1]
        self.n_rows = n_rows
        self.first = first
        self.n_species = n_species
        self.stress = stress
        self.buffer = buffer

    def start(self, text: Text) -> None:
        """Before the loop over a group's bonds."""
        for each in self.own:
            text.add(*(f"v{axis}{each.label} = zero()" for axis in AXES))
            if self.stress:
                text.add(*(f"v{a}{b}{each.label} = zero()" for a, b in VOIGT))

    def add_bonds(self, text: Text) -> None:
        """In that loop."""
        for each in self.own:
            label = each.label
            for k, axis in enumerate(AXES):
                text.add(f"g{axis}{label} = load(scratch, v + {each.row + k} * capacity)")
                text.add(f"v{axis}{label} = v{axis}{label} + g{axis}{label}")
            if self.stress:
                for a, b in VOIGT:
                    text.add(f"v{a}{b}{label} = v{a}{b}{label} + r * u{a} * g{b}{label}")

    def finish(self, text: Text) -> None:
        """After that loop."""
        for each in self.own:
            suffixes = [*AXES, *(f"{a}{b}" for a, b in VOIGT)] if self.stress else AXES
            text.add(*(f"v{of}{each.label} = total(v{of}{each.label})" for of in suffixes))
        text.add(f"width = get(columns, {self.first})", f"span = {self.n_rows} * width")
        text.add("centre = get(species, site)", "home = (site - base) * span")
        if self.n_species == 1:
            with self._slots(text, "near"):
                self._read_own(text)
                self._add_neighbors(text)
                self._flush(text)
            return
        with self._slots(text, "centre"):
            self._read_own(text)
            self._flush(text)
        with self._slots(text, "near"):
            text.add(*(f"p{axis}0 = zero()" for axis in AXES))
            self._add_neighbors(text)
            self._flush(text)

    def _slots(self, text: Text, species: str) -> AbstractContextManager[None]:
        place = f"{self.first + 1} + 2 * {species}"
        text.add(f"n_slots, slots = get(columns, {place}), get(columns, {place} + 1)")
        return text.block("for s in range(0, n_slots, 8):")

    def _read_own(self, text: Text) -> None:
        """p = sum_c dA_c(i)/dtheta (sum_x G_c), and the virial of it."""
        for each in self.own:
            text.add(f"q{each.label} = load(responses, home + {each.component} * width + s)")
        for axis in AXES:
            terms = (f"q{each.label} * v{axis}{each.label}" for each in self.own)
            text.add(f"p{axis}0 = {' + '.join(terms)}")
        if self.stress:
            for k, (a, b) in enumerate(VOIGT):
                terms = (f"q{each.label} * v{a}{b}{each.label}" for each in self.own)
                place = f"(centre * 7 + {k + 1}) * width + s"
                text.add(f"accumulate(response_sums, {place}, {' + '.join(terms)})")

    def _add_neighbors(self, text: Text) -> None:
        """p += sum_x sum_c s_c dA_c(j)/dtheta G_c; two sums each, so that additions need not wait."""
        text.add(*(f"p{axis}1 = zero()" for axis in AXES))
        with text.block("for v in range(start, start + count, 8):"):
            for lane in range(8):
                text.add(f"there = get(rows_of, v + {lane}) * span + s")
                for each in self.other:
                    minus = "-" if each.force.sign < 0 else "+"
                    text.add(f"q = load(responses, there + {each.component} * width)")
                    for k, axis in enumerate(AXES):
                        name = f"p{axis}{lane % 2}"
                        gradient = f"get(scratch, v + {lane} + {each.row + k} * capacity)"
                        text.add(f"{name} = {name} {minus} q * {gradient}")
        text.add(*(f"p{axis}0 = p{axis}0 + p{axis}1" for axis in AXES))

    def _flush(self, text: Text) -> None:
        for k, axis in enumerate(AXES):
            text.add(f"store(scratch, {self.buffer} + {8 * k}, p{axis}0)")
        with text.block("for lane in range(min(8, n_slots - s)):"):
            text.add("to = get(columns, slots + s + lane) * n_rows + row", f"b = {self.buffer} + lane")
            text.add(*(f"increase(predictions, to + {k}, get(scratch, b + {8 * k}))" for k in range(3)))

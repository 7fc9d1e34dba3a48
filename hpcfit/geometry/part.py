"""Some of the configurations of a geometry, as a geometry of their own."""

from __future__ import annotations

from hpcfit.geometry.bonds import Geometry


def part_of_geometry(geometry: Geometry, first: int, last: int) -> Geometry:
    """The configurations first..last-1 with their bonds; arrays are views where nothing changes.

    What they were made from is left out, so that only potentials of bonds can use the part.
    """
    if (first, last) == (0, len(geometry)):
        return geometry
    begin, end = int(geometry.first_atom[first]), int(geometry.first_atom[last])
    first_bond = geometry.first_bond[begin : end + 1]
    bonds = slice(int(first_bond[0]), int(first_bond[-1]))
    return Geometry(
        first_atom=geometry.first_atom[first : last + 1] - begin,
        species=geometry.species[begin:end],
        volume=geometry.volume[first:last],
        first_bond=first_bond - first_bond[0],
        neighbor=geometry.neighbor[bonds] - geometry.neighbor.dtype.type(begin),
        vector=geometry.vector[bonds],
        distance=geometry.distance[bonds],
        cutoff=geometry.cutoff,
    )

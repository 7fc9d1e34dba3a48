"""Blocks of configurations put one after the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hpcfit.data.block import ConfigurationBlock
from hpcfit.data.configuration import Floats


def join_blocks(blocks: Sequence[ConfigurationBlock]) -> ConfigurationBlock:
    """One block of all configurations of `blocks` (at least one); weights that a block lacks are NaN."""
    names = sorted({name for block in blocks for name in block.weight})
    some_atom_weight = any(block.atom_weight is not None for block in blocks)
    return ConfigurationBlock(
        identifier=tuple(name for block in blocks for name in block.identifier),
        first_atom=np.append(0, np.cumsum(np.concatenate([block.natoms for block in blocks]))),
        number=np.concatenate([block.number for block in blocks]),
        position=np.concatenate([block.position for block in blocks]),
        cell=np.concatenate([block.cell for block in blocks]),
        pbc=np.concatenate([block.pbc for block in blocks]),
        energy=np.concatenate([block.energy for block in blocks]),
        force=np.concatenate([block.force for block in blocks]),
        stress=np.concatenate([block.stress for block in blocks]),
        tag=tuple(tag for block in blocks for tag in block.tag),
        weight={
            name: np.concatenate([_or_nan(block.weight.get(name), len(block)) for block in blocks])
            for name in names
        },
        atom_weight=np.concatenate([_or_nan(block.atom_weight, block.n_atoms) for block in blocks])
        if some_atom_weight
        else None,
    )


def _or_nan(values: Floats | None, count: int) -> Floats:
    return np.full(count, np.nan) if values is None else values

"""Readers of the formats that reference data come in."""

from hpcfit.data.readers.ase_db import AseDbReader
from hpcfit.data.readers.ase_file import AseReader
from hpcfit.data.readers.cp2k import Cp2kReader
from hpcfit.data.readers.espresso import EspressoReader
from hpcfit.data.readers.extxyz import ExtxyzReader
from hpcfit.data.readers.lammps_dump import LammpsDumpReader
from hpcfit.data.readers.mlearn import MlearnReader
from hpcfit.data.readers.outcar import OutcarReader
from hpcfit.data.readers.potfit import PotfitReader
from hpcfit.data.readers.reader import QUANTITIES, Quantity, Reader, ReadOptions, ReadReport, Source
from hpcfit.data.readers.runner import RunnerReader
from hpcfit.data.readers.vasprun import VasprunReader

#: The built-in readers, by name.
READERS: dict[str, Reader] = {
    reader.name: reader
    for reader in (
        ExtxyzReader(),
        AseDbReader(),
        MlearnReader(),
        VasprunReader(),
        OutcarReader(),
        EspressoReader(),
        Cp2kReader(),
        LammpsDumpReader(),
        PotfitReader(),
        RunnerReader(),
        AseReader(),
    )
}

__all__ = [
    "QUANTITIES",
    "READERS",
    "Quantity",
    "ReadOptions",
    "ReadReport",
    "Reader",
    "Source",
]

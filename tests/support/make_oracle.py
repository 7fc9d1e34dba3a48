"""Make the compact copy of the reference data in tests/agreement/oracle, which its README describes.

python tests/support/make_oracle.py ../shared/oracle        # needs ASE
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

COPY = Path(__file__).parents[1] / "agreement" / "oracle"
#: LAMMPS splines a table of 1000 points there, and no tolerance is known
LEFT_OUT = ("meam",)
_KEPT = ("species", "cutoff", "parameters", "charges", "formula", "lammps_commands")


def collect(source: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What each folder says in words and parameters, and its numbers, by "FOLDER/NAME"."""
    folders: dict[str, Any] = {}
    arrays: dict[str, Any] = {}
    for path in sorted(source.glob("*/params.json")):
        folder = path.parent.name
        if folder in LEFT_OUT:
            continue
        content = json.loads(path.read_text())
        summary = json.loads((path.parent / "checks.json").read_text())["summary"]
        tolerance = {k: v for k, v in summary["recommended_tolerance"].items() if k != "note"}
        folders[folder] = {key: content[key] for key in _KEPT if key in content} | {"tolerance": tolerance}
        for name, value in _structures(path.parent, content["species"]).items():
            arrays[f"{folder}/{name}"] = value
    return folders, arrays


def _structures(folder: Path, species: list[str]) -> dict[str, Any]:
    import ase.io

    images = ase.io.read(folder / "structures.extxyz", index=":")
    symbols = [symbol for atoms in images for symbol in atoms.get_chemical_symbols()]
    found = {
        "identifier": np.array([atoms.info["name"] for atoms in images]),
        "natoms": np.array([len(atoms) for atoms in images], dtype=np.uint8),
        "species": np.array([species.index(symbol) for symbol in symbols], dtype=np.uint8),
        "position": np.concatenate([atoms.positions for atoms in images]),
        "cell": np.array([atoms.cell.array for atoms in images]),
        "pbc": np.array([atoms.pbc for atoms in images]),
        **_references("lammps", images),
    }
    exact = folder / "structures_formula.extxyz"
    if exact.exists():
        images = ase.io.read(exact, index=":")
        assert np.array_equal(np.concatenate([atoms.positions for atoms in images]), found["position"])
        found |= _references("formula", images)
    return found


def _references(kind: str, images: list[Any]) -> dict[str, Any]:
    """Energy (n,), and where they are there forces (N, 3) and stress (n, 6)."""
    found = {f"{kind}_energy": np.array([atoms.get_potential_energy() for atoms in images])}
    if "forces" in images[0].calc.results:
        found[f"{kind}_forces"] = np.concatenate([atoms.get_forces() for atoms in images])
        found[f"{kind}_stress"] = np.array([atoms.get_stress() for atoms in images])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("source", type=Path)
    folders, arrays = collect(parser.parse_args().source)
    (COPY / "folders.json").write_text(json.dumps(folders, indent=1) + "\n")
    np.savez_compressed(COPY / "numbers.npz", **arrays)


if __name__ == "__main__":
    main()

"""Numbers in other units than eV and angstrom, and the way from and to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from hpcfit import units
from hpcfit.data.block import ConfigurationBlock
from hpcfit.data.configuration import Configuration
from hpcfit.data.readers.reader import Reader
from hpcfit.errors import DataError
from hpcfit.suggest import suggestion

#: What a positive stress can mean: that the cell wants to shrink, as here and in ASE, or to expand.
STRESS_SIGNS = ("tension", "compression")
_NATIVE_WORDS = {
    "energy_unit": units.ENERGY_UNIT,
    "length_unit": units.LENGTH_UNIT,
    "stress_unit": units.STRESS_UNIT,
    "stress_sign": STRESS_SIGNS[0],
}


@dataclass(frozen=True)
class ForeignUnits:
    """The units of a source. Forces are energy/length; so is stress energy/length^3 unless a unit
    is named. `stress_sign` says when the source's stress is positive."""

    energy: str = units.ENERGY_UNIT
    length: str = units.LENGTH_UNIT
    stress: str | None = None
    stress_sign: str = "tension"

    @property
    def energy_factor(self) -> float:
        """eV per unit of energy."""
        return units.ENERGY[self.energy]

    @property
    def length_factor(self) -> float:
        """Angstrom per unit of length."""
        return units.LENGTH[self.length]

    @property
    def force_factor(self) -> float:
        """eV/angstrom per unit of force."""
        return self.energy_factor / self.length_factor

    @property
    def stress_factor(self) -> float:
        """eV/angstrom^3, positive in tension, per unit of stress."""
        size = (
            self.energy_factor / self.length_factor**3 if self.stress is None else units.STRESS[self.stress]
        )
        return -size if self.stress_sign == "compression" else size

    @property
    def native(self) -> bool:
        """Whether nothing changes."""
        return self.energy_factor == self.length_factor == self.stress_factor == 1.0

    @property
    def stress_name(self) -> str:
        """The unit of stress, spelled out."""
        return self.stress or f"{self.energy}/{self.length}^3"

    @property
    def said(self) -> dict[str, str]:
        """What a frame of extended XYZ says of its units; nothing of those that it has anyway."""
        if self.native:
            return {}
        return {
            "energy_unit": self.energy,
            "length_unit": self.length,
            "stress_unit": self.stress_name,
            "stress_sign": self.stress_sign,
        }

    def __str__(self) -> str:
        return (
            f"energy {self.energy}, length {self.length}, stress {self.stress_name} "
            f"positive in {self.stress_sign}"
        )

    def check_stated(self, stated: Iterable[tuple[str, str]], where: str) -> None:
        """DataError, beginning with `where`, unless a source's own words on its units are these units."""
        said = dict(sorted(stated))
        own = {**_NATIVE_WORDS, **self.said}
        tables = {"energy_unit": units.ENERGY, "length_unit": units.LENGTH, "stress_unit": units.STRESS}
        meant = {key: _names(tables.get(key, {})).get(word.casefold(), word) for key, word in said.items()}
        wrong = {key: word for key, word in meant.items() if word.casefold() != own[key].casefold()}
        follows = f"{meant.get('energy_unit', self.energy)}/{meant.get('length_unit', self.length)}^3"
        if len(wrong) > 1 and wrong.get("stress_unit") == follows:
            del wrong["stress_unit"]
        if wrong:
            words = " and ".join(f"{key}={said[key]}" for key in wrong)
            options = " ".join(f"--{key.replace('_', '-')} {word}" for key, word in wrong.items())
            raise DataError(f"{where}: says {words}; import it with {options}, or correct the file.")

    def to_native(self, made: Configuration) -> Configuration:
        """`made`, whose numbers are in these units, in eV and angstrom."""
        return made if self.native else _scaled(made, self, 1)

    def from_native(self, made: Configuration) -> Configuration:
        """`made`, in eV and angstrom, in these units."""
        return made if self.native else _scaled(made, self, -1)

    def block_to_native(self, block: ConfigurationBlock) -> ConfigurationBlock:
        """A block whose numbers are in these units, in eV and angstrom."""
        return replace(
            block,
            position=block.position * self.length_factor,
            cell=block.cell * self.length_factor,
            energy=block.energy * self.energy_factor,
            force=block.force * self.force_factor,
            stress=block.stress * self.stress_factor,
        )


def _scaled(made: Configuration, foreign: ForeignUnits, power: int) -> Configuration:
    energy, length = foreign.energy_factor**power, foreign.length_factor**power
    force, stress = foreign.force_factor**power, foreign.stress_factor**power
    return replace(
        made,
        positions=made.positions * length,
        cell=made.cell * length,
        energy=None if made.energy is None else made.energy * energy,
        forces=None if made.forces is None else made.forces * force,
        stress=None if made.stress is None else made.stress * stress,
    )


@dataclass(frozen=True)
class UnitChoice:
    """What the user says of a source's units, None for nothing; names in any capitals.

    Raises DataError for what is no unit.
    """

    energy: str | None = None
    length: str | None = None
    stress: str | None = None
    stress_sign: str | None = None

    def __post_init__(self) -> None:
        for field, table in (("energy", units.ENERGY), ("length", units.LENGTH), ("stress", units.STRESS)):
            given = getattr(self, field)
            if given is not None:
                option = f"--{field}-unit {given}"
                object.__setattr__(self, field, _canonical(given, table, option, f"unit of {field}"))
        if self.stress_sign is not None:
            option = f"--stress-sign {self.stress_sign}"
            sign = _canonical(self.stress_sign, dict.fromkeys(STRESS_SIGNS, 1.0), option, "sign of stress")
            object.__setattr__(self, "stress_sign", sign)

    @property
    def options(self) -> list[str]:
        """The options that were given, as they are typed."""
        given = {
            "--energy-unit": self.energy,
            "--length-unit": self.length,
            "--stress-unit": self.stress,
            "--stress-sign": self.stress_sign,
        }
        return [name for name, value in given.items() if value is not None]

    def units(self, energy: str = units.ENERGY_UNIT, length: str = units.LENGTH_UNIT) -> ForeignUnits:
        """These units; `energy` and `length` where none was chosen."""
        return ForeignUnits(
            self.energy or energy, self.length or length, self.stress, self.stress_sign or "tension"
        )

    def of(self, reader: Reader, where: str) -> ForeignUnits:
        """The units of what `reader` reads; DataError, beginning with `where`, where there is no choice."""
        own = f"reader {reader.name}"
        energy = _canonical(
            reader.energy_unit, units.ENERGY, f"{own}: {reader.energy_unit}", "unit of energy"
        )
        length = _canonical(
            reader.length_unit, units.LENGTH, f"{own}: {reader.length_unit}", "unit of length"
        )
        if reader.fixed_units and self.options:
            raise DataError(
                f"{where}: what the reader {reader.name} reads is in {energy} and {length} by definition; "
                f"leave {' and '.join(self.options)} out, or import this file by itself."
            )
        return self.units(energy, length)


def _names(table: Mapping[str, float]) -> dict[str, str]:
    """The units of `table` by all their names, in small letters."""
    aliases = {alias: name for alias, name in units.ALIASES.items() if name in table}
    return {name.casefold(): name for name in table} | aliases


def _canonical(given: str, table: Mapping[str, float], option: str, what: str) -> str:
    """The name in `table` that `given` stands for."""
    names = _names(table)
    found = names.get(given.strip().casefold())
    if found is None:
        hint = suggestion(given.casefold(), names)
        meant = next((name for alias, name in names.items() if hint == f" Did you mean {alias}?"), None)
        known = f" Known: {', '.join(table)}."
        raise DataError(f"{option}: is not a {what}.{f' Did you mean {meant}?' if meant else known}")
    return found

"""From sources to a dataset file: read, name, check, write, and say what was done."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from hpcfit.data.configuration import Configuration
from hpcfit.data.dataset import Dataset
from hpcfit.data.foreign_units import ForeignUnits, UnitChoice
from hpcfit.data.history import Step, step
from hpcfit.data.readers import Reader, ReadOptions, ReadReport, Source
from hpcfit.data.readers.keys import check_chosen
from hpcfit.data.readers.lammps_dump import PRESSURE_COLUMNS
from hpcfit.data.single_formats import check_taken, given_options, named_reader
from hpcfit.data.sources import find_sources
from hpcfit.data.suspicion import Suspicion
from hpcfit.data.unit_suspicions import unit_suspicions
from hpcfit.data.whole_file import check_apart, check_output
from hpcfit.data.work import gather_work
from hpcfit.data.write import write_dataset
from hpcfit.errors import DataError

_NOTHING = "no configurations in it"


@dataclass(frozen=True)
class ImportResult:
    """What an import made: the configurations, the readers' report, files read, the hash, the
    units of each reader's files that were not eV and angstrom, and what the numbers say against them."""

    configurations: tuple[Configuration, ...]
    report: ReadReport
    files: Mapping[str, int]
    content_hash: str
    units: Mapping[str, ForeignUnits]
    suspicions: tuple[Suspicion, ...]


def import_dataset(
    paths: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    readers: Mapping[str, Reader],
    options: ReadOptions | None = None,
    *,
    tag: str | None = None,
    units: UnitChoice | None = None,
    overwrite: bool = False,
    compress: bool = False,
) -> ImportResult:
    """Read `paths` (files and folders) with `readers`, and write the dataset `output`.

    `tag` replaces the tags of the sources, `units` the units of their readers. Raises DataError, and
    writes nothing, for an output that exists (unless `overwrite`), sources that cannot be read, and
    choices to be made.
    """
    chosen = replace(options or ReadOptions(), units_chosen=bool(units and units.options))
    check_output(Path(output), overwrite)
    report = ReadReport()
    sources = find_sources(paths, readers, report, named_reader(chosen, readers))
    tables = [] if chosen.energies is None else [chosen.energies]
    check_apart([Path(output)], [*(source.path for source, _ in sources), *tables])
    check_taken(chosen, sources)
    foreign = _units(sources, units or UnitChoice())
    made = _unique(_read(sources, chosen, report, foreign), report)
    check_chosen(chosen, report)
    _check_virials(units or UnitChoice(), report)
    if not made:
        raise DataError(f"{', '.join(map(str, paths))}: no configurations in it.{_reasons(report)}")
    if tag is not None:
        made = [replace(configuration, tag=tag) for configuration in made]
    step = _provenance(paths, sources, chosen, tag, report, foreign, len(made))
    digest = write_dataset(output, made, [step], compress=compress)
    files = Counter(reader.name for _, reader in sources)
    others = {name: each for name, each in foreign.items() if not each.native}
    with Dataset.open(output) as dataset:
        suspicions = tuple(unit_suspicions(dataset, gather_work(dataset)))
    return ImportResult(tuple(made), report, files, digest, others, suspicions)


def _units(sources: Iterable[tuple[Source, Reader]], choice: UnitChoice) -> dict[str, ForeignUnits]:
    """The units of what each reader reads, by its name."""
    found: dict[str, ForeignUnits] = {}
    for source, reader in sources:
        if reader.name not in found:
            found[reader.name] = choice.of(reader, str(source.path))
    return found


def _reasons(report: ReadReport) -> str:
    """Why nothing was read, as far as the report knows."""
    known = dict.fromkeys(reason for _, reason in report.skipped if reason != _NOTHING)
    return f" Skipped: {'; '.join(known)}." if known else ""


def _check_virials(choice: UnitChoice, report: ReadReport) -> None:
    """A virial is an energy of known sign: DataError where a unit or sign of stress was chosen for it."""
    given = [option for option in choice.options if option.startswith("--stress")]
    virials = sorted(key for what, key in report.keys if what == "stress" and "virial" in key.lower())
    if given and virials:
        raise DataError(
            f"{' and '.join(given)}: the stress comes from {virials[0]!r}, which is -V stress in the unit of "
            "energy; leave the option out, or choose another key with --stress-key."
        )
    if choice.options and ("stress", PRESSURE_COLUMNS) in report.keys:
        raise DataError(
            f"{' and '.join(choice.options)}: the pressures pxx ... of the table are bar, as in units metal; "
            "name columns sxx ... instead, use --no-stress, or leave the option out."
        )


def _read(
    sources: Iterable[tuple[Source, Reader]],
    options: ReadOptions,
    report: ReadReport,
    foreign: Mapping[str, ForeignUnits],
) -> list[Configuration]:
    made: list[Configuration] = []
    for source, reader in sources:
        try:
            found = list(reader.read(source, options, report))
        except OSError as error:
            raise DataError(f"{source.path}: cannot be read ({error}).") from error
        except DataError as error:
            named = str(error).startswith(str(source.path))
            raise error if named else DataError(f"{source.path}: {error}") from error
        if not found:
            report.skip(str(source.path), _NOTHING)
        if len(found) == 1 and found[0].identifier == source.identifier(0):
            found = [replace(found[0], identifier=source.label)]
        foreign[reader.name].check_stated(report.stated_units, str(source.path))
        report.stated_units.clear()
        made.extend(map(foreign[reader.name].to_native, found))
    return made


def _unique(configurations: list[Configuration], report: ReadReport) -> list[Configuration]:
    """The same configurations; names that occur more than once are numbered #1, #2, ..."""
    counts = Counter(configuration.identifier for configuration in configurations)
    if len(counts) == len(configurations):
        return configurations
    taken = set(counts)
    used: Counter[str] = Counter()
    made = []
    for configuration in configurations:
        name = configuration.identifier
        if counts[name] > 1:
            report.note("identifier occurs more than once in the source and was numbered")
            while True:
                used[name] += 1
                numbered = f"{name}#{used[name]}"
                if numbered not in taken:
                    break
            taken.add(numbered)
            configuration = replace(configuration, identifier=numbered)
        made.append(configuration)
    return made


def _provenance(
    paths: Sequence[str | os.PathLike[str]],
    sources: Sequence[tuple[Source, Reader]],
    options: ReadOptions,
    tag: str | None,
    report: ReadReport,
    foreign: Mapping[str, ForeignUnits],
    count: int,
) -> Step:
    """What this step read and how, as stored in the file."""
    converted = [f"{name} from {each}" for name, each in foreign.items() if not each.native]
    return {
        **step("import", [os.fspath(path) for path in paths], "; ".join(converted)),
        "files": len(sources),
        "readers": sorted({reader.name for _, reader in sources}),
        "sha256": _files_hash([*(source.path for source, _ in sources), *report.also_read]),
        "also_read": [os.fspath(path) for path in report.also_read],
        "keys": {f"{quantity}: {key}": n for (quantity, key), n in sorted(report.keys.items())},
        "chosen": {quantity: options.key(quantity) for quantity in ("energy", "forces", "stress")},
        "left_out": sorted(options.leave_out),
        "options": given_options(options),
        "tag": tag,
        "units": {name: asdict(each) for name, each in foreign.items()},
        "skipped": dict(Counter(reason for _, reason in report.skipped)),
        "notes": dict(report.notes),
        "configurations": count,
    }


def _files_hash(paths: Sequence[Path]) -> str:
    """SHA-256 of the file's bytes; of several files, of their hashes in order."""
    digests = []
    for path in paths:
        with path.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256"))
    if len(digests) == 1:
        return digests[0].hexdigest()
    return hashlib.sha256(b"".join(digest.digest() for digest in digests)).hexdigest()

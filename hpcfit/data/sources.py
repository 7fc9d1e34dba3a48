"""From the paths a user gives to the files to read: folders are gone through, litter is counted."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hpcfit.data.readers import Reader, ReadReport, Source
from hpcfit.errors import DataError

#: Why a file is skipped that a reader takes in with another one.
_TOGETHER = "read together with the trajectory beside it"


def find_sources(
    paths: Sequence[str | os.PathLike[str]],
    readers: Mapping[str, Reader],
    report: ReadReport,
    named: Reader | None = None,
) -> list[tuple[Source, Reader]]:
    """The files of `paths` with the reader for each, in natural order of their names.

    Folders are searched at every depth; a file there is tagged with its folder's path below the
    given one (a file right in it with the given folder's name) and skipped, with the reason in
    `report`, when it is hidden, AppleDouble, a README, of no known format, or read together with
    another. With a reader `named` by the user, no format is recognised and all paths are files.
    Raises DataError for a path that does not exist, a given file of unknown format, and when
    nothing is left.
    """
    found: list[tuple[Source, Reader]] = []
    for given in paths:
        path = Path(given)
        if path.is_dir() and named is not None:
            raise DataError(
                f"{path}: is a folder, and --format is for files; give the files, as in {path}/*."
            )
        if path.is_dir():
            found.extend(_in_folder(path, len(paths) > 1, readers, report))
        elif path.exists():
            reader = named or _reader(path, readers, report)
            if not _left_to_another(path, reader, paths, report):
                found.append((Source(path, path.name if len(paths) == 1 else str(path)), reader))
        else:
            raise DataError(f"{path}: no such file or folder.")
    if not found:
        raise DataError(
            f"{', '.join(map(str, paths))}: no file of a known format. Known are: {_known(readers)}."
        )
    return found


def _less_precise(better: Path) -> str:
    return f"{better.name} beside it tells the same more precisely"


def _left_to_another(
    path: Path, reader: Reader, paths: Sequence[str | os.PathLike[str]], report: ReadReport
) -> bool:
    """Whether a given file is read together with, or worse than, another that was given as well."""
    given = [Path(each) for each in paths]
    leader, better = reader.leader(path), reader.better(path)
    if better is not None and better in given:
        report.skip(str(path), _less_precise(better))
        return True
    if leader is None:
        return False
    if leader not in given:
        raise DataError(f"{path}: is read together with {leader.name}; give that file instead.")
    report.skip(str(path), _TOGETHER)
    return True


def _reader(path: Path, readers: Mapping[str, Reader], report: ReadReport) -> Reader:
    found = _sniff(path, readers, report)
    if found is None:
        if not path.is_file():
            raise DataError(f"{path}: is neither a file nor a folder.")
        if path.stat().st_size == 0:
            raise DataError(f"{path}: the file is empty.")
        if _utf16(path):
            raise DataError(f"{path}: is UTF-16 text; save it as UTF-8, as with iconv -f UTF-16 -t UTF-8.")
        raise DataError(f"{path}: not a known format. Known are: {_known(readers)}.")
    return found


def _utf16(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) in (b"\xff\xfe", b"\xfe\xff")


def _sniff(path: Path, readers: Mapping[str, Reader], report: ReadReport) -> Reader | None:
    if not path.is_file():
        return None
    matching = [reader for reader in readers.values() if _claims(reader, path, report)]
    if len(matching) > 1:
        names = " and ".join(reader.name for reader in matching)
        raise DataError(f"{path}: the readers {names} both claim it; unload the plugin of one of them.")
    return matching[0] if matching else None


def _claims(reader: Reader, path: Path, report: ReadReport) -> bool:
    try:
        return reader.sniff(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error}).") from error
    except Exception as error:  # of a plugin, which must not stop imports that do without it
        report.note(f"reader {reader.name} failed to look at a file ({type(error).__name__}: {error})")
        return False


def _known(readers: Mapping[str, Reader]) -> str:
    return "; ".join(reader.formats for reader in readers.values())


def _in_folder(
    root: Path, named: bool, readers: Mapping[str, Reader], report: ReadReport
) -> Iterator[tuple[Source, Reader]]:
    for path in sorted(_files(root, report), key=lambda found: _natural(str(found))):
        below = path.relative_to(root)
        reason = _litter(path.name)
        if reason is None:
            reader = _sniff(path, readers, report)
            if reader is not None and reader.leader(path) is not None:
                reason = _TOGETHER
            elif reader is not None and (better := reader.better(path)) is not None:
                reason = _less_precise(better)
            elif reader is not None:
                label = below.as_posix()
                tag = below.parent.as_posix() if len(below.parts) > 1 else root.resolve().name
                yield Source(path, f"{root}/{label}" if named else label, tag), reader
                continue
            else:
                reason = "not a known format"
        report.skip(below.as_posix(), reason)


def _files(root: Path, report: ReadReport) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        raise DataError(f"{error.filename}: cannot be read ({error.strerror}).") from error

    for folder, folders, names in os.walk(root, onerror=unreadable):
        for hidden in [name for name in folders if name.startswith(".") or name == "__MACOSX"]:
            folders.remove(hidden)
            report.skip((Path(folder) / hidden).relative_to(root).as_posix() + "/", "hidden folder")
        yield from (Path(folder) / name for name in names)


def _litter(name: str) -> str | None:
    if name.startswith("._"):
        return "AppleDouble file"
    if name.startswith("."):
        return "hidden file"
    if name.lower().split(".")[0] in ("readme", "license", "licence", "copying"):
        return "text about the data"
    return None


def _natural(text: str) -> list[tuple[int, int, str]]:
    """Sort key by which step2 comes before step10."""
    parts = re.split(r"(\d+)", text)
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts]

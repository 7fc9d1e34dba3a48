"""What in a job decides its result, so that a changed job can be told from the same one.

Two texts are the same when they mean the same: comments, order, `A = 5` for `A = { initial = 5,
fixed = true }` and defaults that are written out make no difference.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from hpcfit.job.load import Draft, read_draft
from hpcfit.job.schema import PluginsSection
from hpcfit.job.source import JobSource, key_name
from hpcfit.kernels.hand_written import HandWritten
from hpcfit.registry import is_reference
from hpcfit.registry.modules import code_version

if TYPE_CHECKING:
    from hpcfit.job.resolve import ResolvedJob

#: what may differ when a run is resumed: when to stop, where to write, and on what to compute; and the
#: place that the start came from, for its values are part of the fingerprint (workflow/start_from.py)
MAY_CHANGE = frozenset(
    {
        "optimizer.max_iterations",
        "optimizer.max_evaluations",
        "run.folder",
        "run.start_from",
        "run.device",
        "run.groups",
        "run.memory_limit",
        "run.checkpoint_interval",
    }
)


def canonical(text: str, path: Path) -> dict[str, Any]:
    """Everything in a job's text that decides its result: key name to value, sorted by key.

    Python files that the job names stand there by a hash of their content, so that editing one
    is a change as well.

    Raises:
        JobError: when the text is not TOML.
    """
    return canonical_of(JobSource.of(text, path))


def canonical_of(source: JobSource) -> dict[str, Any]:
    """The same of a job that was read already, or that never was a text."""
    draft = read_draft(source)
    tables: dict[str, Any] = dict(draft.source.tables)
    tables |= {name: _plain(section) for name, section in draft.sections.items()}
    tables["potential"] = [
        _plain(section) if section is not None else None for section in draft.potential
    ] or tables.get("potential")
    flat = {key: value for key, value in _flatten(tables, ()) if key not in MAY_CHANGE}
    return dict(sorted((flat | _file_hashes(draft, flat) | dict(source.fingerprint)).items()))


def option_files(resolved: ResolvedJob) -> dict[str, str]:
    """Hashes of the content of files that options name, by key.

    Options that name files have "path" in their metadata; of potentials, any text that is a file's name
    counts.
    """
    hashes = {}
    for section, made in (
        ("weights", resolved.weights),
        ("residual.data", resolved.residual),
        ("optimizer", resolved.optimizer_options),
    ):
        for each in dataclasses.fields(made) if dataclasses.is_dataclass(made) else ():
            path = getattr(made, each.name) if each.metadata.get("path") else None
            if path is not None and Path(path).is_file():
                hashes[f"content of {section}.{each.name}"] = _content_hash(Path(path))
    for index, potential in enumerate(resolved.job.potential):
        for name, value in potential.options.items():
            path = resolved.job.source.folder / value if isinstance(value, str) else None
            if path is not None and path.is_file():
                hashes[f"content of potential[{index}].{name}"] = _content_hash(path)
    return hashes


def code_versions(resolved: ResolvedJob) -> dict[str, str]:
    """The packages, with their versions, that potentials come from whose energies are code."""
    versions = {}
    for index, potential in enumerate(resolved.potentials):
        form = potential.bound.formula
        if isinstance(form, HandWritten):
            versions[f"code of potential[{index}]"] = f"{form.origin_name}, {code_version(form.code)}"
    return versions


def _content_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _plain(section: BaseModel) -> dict[str, Any]:
    return section.model_dump(mode="python", exclude_none=True)


def _flatten(value: Any, key: tuple[str | int, ...]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for name, each in value.items():
            yield from _flatten(each, (*key, name) if name else key)
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for index, each in enumerate(value):
            yield from _flatten(each, (*key, index))
    elif value is not None and not (isinstance(value, Mapping | list) and not value):
        yield key_name(key), value


def _file_hashes(draft: Draft, flat: Mapping[str, Any]) -> dict[str, str]:
    """SHA-256 of the Python files that names and plugins.load refer to."""
    named = [
        value.rpartition(":")[0].strip()
        for value in flat.values()
        if isinstance(value, str) and is_reference(value)
    ]
    hashes = {}
    plugins = draft.section(PluginsSection)
    for file in {*named, *(plugins.load if plugins is not None else [])}:
        path = draft.source.folder / file
        if path.is_file():
            hashes[f"content of {file}"] = _content_hash(path)
    return hashes

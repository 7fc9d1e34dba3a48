"""What a run depends on, by name, so that a changed job can be told from the same job, and how.

A fingerprint maps dotted names ("optimizer.max_iterations", "data.train.hash") to texts.
"""

from __future__ import annotations

from collections.abc import Mapping

from hpcfit.job.defaults import default_values
from hpcfit.output.jsontext import one_line


def flatten(nested: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """Nested mappings and lists as dotted names; leaves as JSON text. Empty ones are kept as leaves."""
    flat: dict[str, str] = {}
    for key, value in nested.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, Mapping) and value:
            flat.update(flatten(value, name))
        elif isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
            flat.update(flatten({f"[{i}]": item for i, item in enumerate(value)}, name))
        else:
            flat[name] = one_line(value)
    return {name.replace(".[", "["): text for name, text in flat.items()}


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """One sentence for every name that differs, in the order of the names.

    A key that a run does not have because the hpcfit that wrote it did not know it counts as its default.
    """
    lines = []
    meant = {name: one_line(value) for name, value in default_values().items()}
    for name in sorted({*before, *now}):
        old, new = (each.get(name, meant.get(name)) for each in (before, now))
        if old == new:
            continue
        if old is None:
            lines.append(f"{name}: new, {new}")
        elif new is None:
            lines.append(f"{name}: was {old}, now not given")
        else:
            lines.append(f"{name}: was {old}, now {new}")
    return lines

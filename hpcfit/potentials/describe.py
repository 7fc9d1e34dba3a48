"""A potential of the catalogue as text for people: formulas, options, parameters, values, sources."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin, get_type_hints

from hpcfit.formula.potential import FormulaPotential, ParameterSpec
from hpcfit.formula.spline_calls import coefficient_name
from hpcfit.kernels.hand_written import HandWritten
from hpcfit.kernels.hand_written.site_function import SiteFunction, place_of
from hpcfit.potentials.truncation import TRUNCATIONS

Made = FormulaPotential | HandWritten
#: what is registered under a name: a potential, or a function that makes one
Entry = Made | Callable[..., Made]

_KEYS = {
    "shared": "one number",
    "species": 'one per species, "A"',
    "pair": 'one per pair, "A-B"',
    "triplet": 'one per triplet, "A-B-C", centre first',
    "ordered-pair": 'one per ordered pair, "A-B", centre first',
    "ordered-triplet": 'one per ordered triplet, "A-B-C", centre first',
}

_MIXING = {
    "length": "as a length",
    "energy": "as an energy",
    "arithmetic": "arithmetic mean under every rule",
    "geometric": "geometric mean under every rule",
    "harmonic": "harmonic mean under every rule",
}
#: what a density is the sum of, and what formulas know of it
_SUMS = {
    "scalar": "the sum of its density over all bonds",
    "vector": "the sum of its density times the bond vector D; {name}_squared is its square",
    "tensor": "the sum of its density times D_a D_b; {name}_squared is the sum of the squares of its nine "
    "elements, {name}_trace that of its diagonal",
}
#: what the choices of options do
_MEANINGS = {("truncation", choice): meaning for choice, meaning in TRUNCATIONS.items()}


def describe(
    name: str,
    entry: Entry,
    options: Mapping[str, Any] | None = None,
) -> str:
    """What `hpcfit potentials NAME` prints; `entry` is a potential, or the function that makes it."""
    if isinstance(entry, FormulaPotential | HandWritten):
        potential = entry
    else:
        lacking = [each for each in required_options(entry) if each not in (options or {})]
        if lacking:
            advice = " ".join(f"{each}=..." for each in lacking)
            with_them = f"`hpcfit potentials {name} {advice}` shows its formulas."
            return "\n\n".join([_wrap(f"{name}: {first_line(entry)}"), _options_text(entry), with_them])
        potential = entry(**(options or {}))
    blocks = [
        _wrap(f"{name}: {potential.summary}"),
        _options_text(entry),
        _code_text(potential) if isinstance(potential, HandWritten) else _formula_text(potential),
        _parameter_text(potential),
        _mixing_text(potential),
        _material_text(potential),
        _wrap(f"Source: {potential.source}") if potential.source else "",
    ]
    return "\n\n".join(block for block in blocks if block)


def required_options(entry: Entry) -> list[str]:
    """The options without a default."""
    if isinstance(entry, FormulaPotential | HandWritten):
        return []
    parameters = inspect.signature(entry).parameters.values()
    return [each.name for each in parameters if each.default is inspect.Parameter.empty]


def default_option(entry: Entry, option: str) -> Any:
    """The default of an option that has one."""
    assert callable(entry)
    return inspect.signature(entry).parameters[option].default


def first_line(entry: Callable[..., Made]) -> str:
    """What the docstring of a function begins with, as a summary."""
    line = (inspect.getdoc(entry) or "").split("\n", 1)[0].rstrip(".")
    return line[:1].lower() + line[1:]


def option_choices(
    entry: Entry,
) -> Mapping[str, tuple[Any, ...]]:
    """The options of a potential and the values each may have, its default first; () for any value."""
    if isinstance(entry, FormulaPotential | HandWritten):
        return {}
    hints = get_type_hints(entry)
    choices: dict[str, tuple[Any, ...]] = {}
    for option in inspect.signature(entry).parameters.values():
        hint = hints.get(option.name)
        allowed = get_args(hint) if get_origin(hint) is Literal else ()
        default = option.default
        choices[option.name] = (default, *(v for v in allowed if v != default)) if allowed else ()
    return choices


def _options_text(entry: Entry) -> str:
    lines = []
    meaning = _option_meanings(entry)
    needed = required_options(entry)
    for option, choices in option_choices(entry).items():
        default = f" (default {default_option(entry, option)})"
        listed = f": {' | '.join(map(str, choices))}" if choices else ""
        lines.append(f"  {option}{listed}{' (needed)' if option in needed else default}")
        if option in meaning:
            lines.append(f"    {meaning[option]}")
            continue
        meanings = {choice: _MEANINGS.get((option, choice)) for choice in choices}
        lines += [f"    {choice}: {meaning}" for choice, meaning in meanings.items() if meaning]
    return "\n".join(["Options", *lines]) if lines else ""


def _option_meanings(entry: Entry) -> Mapping[str, str]:
    """What the docstring of a function says of its arguments, each in one line."""
    text = "" if isinstance(entry, FormulaPotential | HandWritten) else inspect.getdoc(entry) or ""
    found = re.search(r"^Args:\n((?: .*\n?)+)", text, re.MULTILINE)
    return dict(re.findall(r"^    (\w+): (.*)$", found[1], re.MULTILINE)) if found else {}


def _code_text(potential: HandWritten) -> str:
    rows = [("code", potential.origin), ("derivatives", potential.derivatives)]
    if isinstance(potential, SiteFunction):
        cutoff = potential.cutoff
        rows.append(("cutoff", place_of(cutoff) if callable(cutoff) else str(cutoff)))
    return "\n".join(["Energy", *(f"  {name:11}  {text}" for name, text in rows)])


def _formula_text(potential: FormulaPotential) -> str:
    rows = [(place, expression) for _, place, expression in potential.placed_terms]
    rows += [(f"  with {name}", text) for name, text in potential.let]
    rows += _cutoff_rows(potential)
    width = max(len(name) for name, _ in rows)
    return "\n".join(
        ["Energy", *(f"  {name:{width}} = {text}" for name, text in rows), *_where_lines(potential)]
    )


def _cutoff_rows(potential: FormulaPotential) -> list[tuple[str, str]]:
    if len(potential.cutoffs) < 2:
        return [("cutoff", text) for text in potential.cutoffs]
    return [(f"cutoff of {place}", str(term.cutoff)) for place, term in potential.cut_terms]


def _where_lines(potential: FormulaPotential) -> list[str]:
    """What the names mean that other terms make."""
    lines = [
        f"  {density.name} of an atom: {_SUMS[density.rank].format(name=density.name)}"
        for density in potential.densities
    ]
    if potential.bond_environment is not None:
        lines.append("  zeta of a bond: the sum of bond_environment over the other bonds of its first atom")
    return lines


def _parameter_text(potential: Made) -> str:
    if not potential.parameters:
        return "Parameters: none"
    header = ("name", "unit", "default", "given", "meaning")
    rows = [
        (
            name,
            spec.unit or "-",
            "-" if spec.default is None else f"{spec.default:.10g}",
            _KEYS[spec.kind],
            spec.description,
        )
        for name, spec in _grouped(potential)
    ]
    return "\n".join(["Parameters", *_columns([header, *rows])])


def _grouped(potential: Made) -> Iterator[tuple[str, ParameterSpec]]:
    """(name, specification) of each parameter; the coefficients of a spline are one."""
    of_spline = Counter(spec.spline for spec in potential.parameters)
    for spec in potential.parameters:
        if not spec.spline:
            yield spec.name, spec
        elif spec.name == coefficient_name(spec.spline, 0):
            yield f"{spec.name} .. {of_spline[spec.spline] - 1}", spec


def _mixing_text(potential: Made) -> str:
    """How the option `mixing` of a job gets the numbers of unlike species."""
    names: dict[str, list[str]] = {}
    for spec in potential.parameters:
        if spec.mixing is not None:
            names.setdefault(_MIXING[spec.mixing], []).append(spec.name)
    return "\n".join(
        ["Mixing", *(f"  {', '.join(each)}: {how}" for how, each in names.items())] * bool(names)
    )


def _material_text(potential: Made) -> str:
    if not potential.materials:
        return ""
    names = [
        spec.name
        for spec in potential.parameters
        if not spec.spline and any(spec.name in m for m in potential.materials.values())
    ]
    if not names:
        return _wrap(f"Coefficients of splines are known for {', '.join(potential.materials)}.")
    rows = [
        (species, *(f"{values[name]:.10g}" if name in values else "-" for name in names))
        for species, values in potential.materials.items()
    ]
    return "\n".join(["Published values", *_columns([("", *names), *rows])])


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield ("  " + "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))).rstrip()


def _wrap(text: str) -> str:
    return "\n".join(textwrap.wrap(text, 100, subsequent_indent="  "))

"""Whether this hpcfit is one that an installed plugin says it can work with.

Installers see to that, but not when told to leave dependencies alone, nor when hpcfit is changed afterwards.
Only hpcfit's own requirement is read, and only the first three numbers of versions are compared.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping

Version = tuple[int, ...]

_HPCFIT = re.compile(
    r"hpcfit\s*(?:\[[^]]*\])?\s*\(?(?P<clauses>[^;()]*)\)?\s*(?P<marker>;.*)?\Z", re.IGNORECASE
)
_CLAUSE = re.compile(r"\s*(?P<relation>>=|<=|==|~=|!=|>|<)\s*(?P<version>[\w.*!+-]+)\s*\Z")
_RELATIONS: Mapping[str, Callable[[Version, Version], bool]] = {
    ">=": operator.ge,
    "~=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}


def unmet(requires: Iterable[str], version: str) -> str | None:
    """ "needs hpcfit >=2.0, and this is 0.1.0: ..." when `version` will not do; None when it will."""
    for requirement in requires:
        match = _HPCFIT.match(requirement)
        if match is None or match["marker"]:
            continue
        for clause in filter(None, match["clauses"].split(",")):
            if not _holds(clause, version):
                newer = clause.strip().startswith((">", "~"))
                remedy = "pip install --upgrade hpcfit" if newer else "install a newer version of the plugin"
                return f"needs hpcfit {clause.strip()}, and this is {version}: {remedy}"
    return None


def _holds(clause: str, version: str) -> bool:
    match = _CLAUSE.match(clause)
    relation = _RELATIONS.get(match["relation"]) if match is not None else None
    if match is None or relation is None:  # what cannot be told here is left to installers
        return True
    return relation(_numbers(version), _numbers(match["version"]))


def _numbers(version: str) -> Version:
    found = [int(each) for each in re.findall(r"\d+", version.split("+")[0])[:3]]
    return (*found, *(0,) * (3 - len(found)))

"""Embedded-atom potentials, whose references are made of tables: the functions that were tabulated."""

from __future__ import annotations

from oracle import Case, Folder, Part, catalogue, written

from hpcfit.formula.keys import Key, Kind, key_text

#: of the tables there: 1 up to switch_width before the cutoff
_END = "switch(r, rc - width, rc)"
_ZHOU = (
    "f1=fe1*exp(-beta1*(r/re1 - 1))/(1 + (r/re1 - lambda1)**20)",
    "f2=fe2*exp(-beta2*(r/re2 - 1))/(1 + (r/re2 - lambda2)**20)",
    "p1=A1*exp(-alpha1*(r/re1 - 1))/(1 + (r/re1 - kappa1)**20) - B1/fe1*f1",
    "p2=A2*exp(-alpha2*(r/re2 - 1))/(1 + (r/re2 - kappa2)**20) - B2/fe2*f2",
)
_ZHOU_NAMES = ("re", "fe", "alpha", "beta", "A", "B", "kappa", "lambda", "F0", "eta", "rhoe")
_ANGULAR_NAMES = ("d1", "d2", "d3", "q1", "q2", "q3")


def _element(of: Folder, name: str, key: Key) -> float:
    """A number of an element, or one of all; the cutoff's among them."""
    shared = {"rc": "cutoff", "width": "switch_width"}
    if name in shared:
        return float(of.parameters[shared[name]])
    if name == "ro":
        return float(of.parameters["cutoff"] - of.parameters["switch_width"])
    return float(of.parameters["elements"][key[0]][name])


def _named(folder: str, name: str) -> Case:
    return Case(folder, name, lambda of: [catalogue(of, name, lambda each, key: _element(of, each, key))])


def _zhou(of: Folder) -> list[Part]:
    """With the embedding of Zhou's first papers, in one piece; and dipoles and quadrupoles if any."""
    angular = "angular" in of.parameters

    def number(name: str, key: Key) -> float:
        if name in _ANGULAR_NAMES:
            return float(of.parameters["angular"][key_text(key)][name])
        return _element(of, name, key)

    kinds: dict[str, Kind] = {"rc": "shared", "width": "shared", **dict.fromkeys(_ZHOU_NAMES, "species")}
    density, rank, embedding = {"rho": f"f2*{_END}"}, {}, "where(rho > 0, -F0*(1 - eta*log(x))*x**eta, 0)"
    if angular:
        kinds |= dict.fromkeys(_ANGULAR_NAMES, "pair")
        density |= {"mu": f"(d1*exp(-d2*r) + d3)*{_END}", "quad": f"(q1*exp(-q2*r) + q3)*{_END}"}
        rank = {"mu": "vector", "quad": "tensor"}
        embedding += " + mu_squared/2 + quad_squared/2 - quad_trace**2/6"
    let = dict(line.split("=", 1) for line in _ZHOU) | {"x": "rho/rhoe"}
    pair = f"(f2/f1*p1 + f1/f2*p2)/2*{_END}"
    return [
        written(
            of,
            kinds,
            number,
            density=density,
            rank=rank,
            embedding=embedding,
            pair=pair,
            cutoff="rc",
            let=let,
        )
    ]


def _finnis_sinclair(of: Folder) -> list[Part]:
    """With a quadratic part of the embedding, and densities that depend on donor and receiver."""

    def number(name: str, key: Key) -> float:
        if name in ("C", "d", "beta"):  # key: receiver, donor
            return float(of.parameters["density"]["->".join(key[::-1])]["c" if name == "C" else name])
        if name in ("A", "B2"):
            return _element(of, name, key)
        return float(of.parameters["pair"][key_text(key)][name])

    kinds: dict[str, Kind] = {
        **dict.fromkeys(("A", "B2"), "species"),
        **dict.fromkeys(("C", "d", "beta"), "ordered-pair"),
        **dict.fromkeys(("c", "c0", "c1", "c2"), "pair"),
    }
    return [
        written(
            of,
            kinds,
            number,
            density="C*((r - d)**2 + beta*(r - d)**3/d)",
            embedding="where(rho > 0, B2*rho**2 - A*sqrt(rho), 0)",
            pair="(r - c)**2*(c0 + c1*r + c2*r**2)",
            cutoff={"density": "d", "pair": "c"},
        )
    ]


CASES = (
    _named("eam_alloy_sutton_chen", "sutton-chen"),
    _named("eam_alloy_gupta", "gupta"),
    Case("eam_alloy_2sp", "a formula", _zhou),
    Case("adp", "a formula", _zhou),
    Case("adp_2sp", "a formula", _zhou),
    Case("eam_fs", "a formula", _finnis_sinclair),
    Case("eam_fs_2sp", "a formula", _finnis_sinclair),
)

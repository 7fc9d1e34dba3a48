"""A pair energy that depends on the surroundings of its bond, as expressions.

Bond 1 ends at the cutoff of `pair`, bond 2 at that of `bond_environment`. Where these are two formulas,
the bonds of both are gone through together, and comparisons leave out what is beyond its own cutoff.
"""

from __future__ import annotations

from dataclasses import dataclass

from hpcfit.formula.node import Node, Uses
from hpcfit.kernels.symbols import Symbols


@dataclass(frozen=True)
class EnvironmentTerm:
    """U(r1, zeta) and what zeta of bond 1 is the sum of.

    Attributes:
        zeta: the symbol of zeta in `pair`.
        pair: U.
        environment: G(r1, r2, costheta); zeta is its sum over bonds 2.
        cutoff: of all bonds, as an expression for bond 1.
        both_ends: the neighbour counts every bond too.
    """

    symbols: Symbols
    zeta: Node
    pair: Node
    environment: Node
    cutoff: Node
    both_ends: bool


def zeta_symbol(symbols: Symbols) -> Node:
    """The variable `zeta` of pair energies."""
    return symbols.graph.symbol("zeta", Uses.ENVIRONMENT_1)


def environment_term(
    symbols: Symbols, pair: Node, pair_cutoff: Node, environment: Node, reach: Node
) -> EnvironmentTerm:
    """The term whose bonds 1 end at `pair_cutoff` and bonds 2 at `reach`, both written for bond 1."""
    graph, r1, r2 = symbols.graph, symbols.r1, symbols.r2
    cutoff = pair_cutoff
    if reach is not pair_cutoff:
        pair = graph.where("where_less", r1, pair_cutoff, pair, graph.zero)
        environment = graph.where("where_less", r1, pair_cutoff, environment, graph.zero)
        far = symbols.exchange(reach)
        environment = graph.where("where_less", r2, far, environment, graph.zero)
        cutoff = graph.where("where_less", pair_cutoff, reach, reach, pair_cutoff)
    both_ends = symbols.reverse(pair_cutoff) is pair_cutoff
    return EnvironmentTerm(symbols, zeta_symbol(symbols), pair, environment, cutoff, both_ends)

"""The hooks by which plugins add to hpcfit; the built-in parts come through the same ones.

A plugin is a Python module (or an object) with functions marked `@hookimpl` that bear the
names below. Each hook that registers returns a dictionary: the name by which job files speak of
the thing, and the thing. Two ways to load one:

- a file beside the job: `[plugins] load = ["my_plugin.py"]`;
- an installed package, whose pyproject.toml has::

      [project.entry-points.hpcfit]
      my-plugin = "my_package.hpcfit_plugin"

Importing a plugin should be quick: import heavy libraries inside the functions that use them.
Every rank loads the plugins, so what they register must not depend on the rank.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from hpcfit.optimize import IterationEvent

PROJECT = "hpcfit"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def hpcfit_potentials() -> Mapping[str, Any]:  # type: ignore[empty-body]
    """Potentials, by name: each a `FormulaPotential`, a `SiteFunction`, or a function that makes one.

    The keyword arguments of such a function are the options that `[[potential]]` may give; their
    annotations and defaults tell what is allowed::

        from typing import Literal
        from hpcfit.formula.potential import FormulaPotential, ParameterSpec, Term
        from hpcfit.registry import hookimpl

        def born_mayer(*, ends: Literal["sharply", "smoothly"] = "smoothly") -> FormulaPotential:
            tail = "*(1 - r/rc)**2" if ends == "smoothly" else ""
            return FormulaPotential(
                name="born-mayer",
                parameters=(
                    ParameterSpec("A", "pair", None, "eV", "strength", minimum=0.0),
                    ParameterSpec("rho", "pair", None, "angstrom", "range", minimum=0.0),
                    ParameterSpec("rc", "pair", 8.0, "angstrom", "cutoff", minimum=0.0),
                ),
                pair=Term("A*exp(-r/rho)" + tail, cutoff="rc"),
                summary="repulsion of closed shells",
                source="Born and Mayer, Z. Phys. 75, 1 (1932)",
            )

        @hookimpl
        def hpcfit_potentials():
            return {"born-mayer": born_mayer}

    What is no formula is a `SiteFunction`: a function of one atom's bonds, which numba compiles, and if
    possible its derivatives by the parameters (`hpcfit.kernels.hand_written.site_function` says what each
    is given)::

        from hpcfit.kernels import SiteFunction

        def energy(vectors, distances, parameters, gradients):
            k, rc = parameters
            total = 0.0
            for x in range(len(distances)):
                r = distances[x]
                total += 0.5 * k * (rc - r) ** 3
                gradients[x] = -1.5 * k * (rc - r) ** 2 / r * vectors[x]
            return total

        CONE = SiteFunction(
            name="cone",
            parameters=(
                ParameterSpec("k", "shared", None, "eV/angstrom^3", "strength", minimum=0.0),
                ParameterSpec("rc", "shared", 4.0, "angstrom", "cutoff", minimum=0.0),
            ),
            cutoff="rc",
            energy_and_gradient=energy,
        )

    A calculator of ASE is an `AsePotential` (`hpcfit.kernels.AsePotential`), or the key `ase` of a job.
    """


@hookspec
def hpcfit_models() -> Mapping[str, Any]:  # type: ignore[empty-body]
    """Models of tables, by name: each a `RowFormula`, or a function that makes one from options::

    from hpcfit.formula.parameter_spec import ParameterSpec
    from hpcfit.formula.row_formula import RowFormula
    from hpcfit.registry import hookimpl

    HILL = RowFormula(
        name="hill",
        outputs=(("response", "top*dose**n/(half**n + dose**n)"),),
        inputs=("dose",),
        parameters=(
            ParameterSpec("top", "shared", None, "", "largest response"),
            ParameterSpec("half", "shared", None, "", "dose of half of it", minimum=0.0),
            ParameterSpec("n", "shared", 1.0, "", "steepness"),
        ),
        summary="response to a dose",
        source="A. V. Hill, J. Physiol. 40, iv (1910)",
    )

    @hookimpl
    def hpcfit_models():
        return {"hill": HILL}
    """


@hookspec
def hpcfit_weights() -> Mapping[str, Any]:  # type: ignore[empty-body]
    """Weight schemes, by name: classes made with the keys of `[weights]` as keyword arguments.

    A frozen dataclass lets the job file be checked: types come from the annotations, and each
    field's metadata may hold "help", "minimum", "maximum" and "choices"::

        from dataclasses import dataclass, field
        from hpcfit.registry import hookimpl
        from hpcfit.weights import ConfigurationWeight

        @dataclass(frozen=True)
        class BySize:
            power: float = field(default=0.5, metadata={"help": "of the number of atoms", "minimum": 0})

            def weights(self, configuration):
                return ConfigurationWeight(config=len(configuration.numbers) ** -self.power)

        @hookimpl
        def hpcfit_weights():
            return {"by-size": BySize}
    """


@hookspec
def hpcfit_residuals() -> Mapping[str, Any]:  # type: ignore[empty-body]
    """Residuals, by name: functions of the field's common form, or `ScaledDifference` classes.

    A function returns the residuals of one configuration as a vector; its derivative is found by
    hpcfit. `prediction` and `reference` are [energy, forces.ravel(), stress], each present if it
    is a target and known for the configuration; `data` is the table `[residual.data]`::

        from hpcfit.registry import hookimpl

        def relative_error(identifier, natoms, weight, prediction, reference, data):
            return weight.vector * (prediction - reference) / (abs(reference) + data["floor"])

        @hookimpl
        def hpcfit_residuals():
            return {"relative-error": relative_error}

    A frozen dataclass derived from `hpcfit.residuals.ScaledDifference` gives the factors of
    prediction - reference instead, and runs inside the compiled kernels.

    An attribute `jacobian` of a function, called with the same arguments, gives its derivative by the
    prediction, (k, m) or, element by element, (k,); it is compared with differences before the fit starts.
    """


@hookspec
def hpcfit_readers() -> Mapping[str, Any]:  # type: ignore[empty-body]
    """Readers of data formats for `hpcfit import`, by name; see `hpcfit.data` for their form::

    from hpcfit.registry import hookimpl

    @hookimpl
    def hpcfit_readers():
        from my_package.vasp import XmlReader
        return {"vasprun": XmlReader()}
    """


@hookspec
def hpcfit_optimizers() -> Mapping[str, Any]:  # type: ignore[empty-body]
    """Optimizers, by name; see `hpcfit.optimize` for their form::

    from hpcfit.registry import hookimpl

    @hookimpl
    def hpcfit_optimizers():
        from my_package.search import PATTERN_SEARCH
        return {"pattern-search": PATTERN_SEARCH}
    """


@hookspec
def hpcfit_iteration(event: IterationEvent) -> None:
    """Called on rank 0 after every iteration, with its number, cost, theta and step.

    For live plots and notes of one's own; what it returns is not used. An exception here ends the
    run, naming the plugin; the checkpoint of the iteration is already on disk::

        from hpcfit.registry import hookimpl

        @hookimpl
        def hpcfit_iteration(event):
            print(event.iteration, event.cost)
    """

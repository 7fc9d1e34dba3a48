"""The tables of a job file as typed, frozen models; a key that is not here is an error.

The descriptions are what a message says of a missing key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator

from hpcfit.job.mixing import mixing_rule
from hpcfit.job.parameters import ParameterTable
from hpcfit.job.values import (
    byte_count,
    chemical_symbol,
    columns_by_name,
    columns_of_outputs,
    cutoff_text,
    cutoffs_by_term,
    device_words,
    formula_text,
    formulas_by_output,
    loss_scale,
    named_densities,
    printable,
    reference_energy,
)

Text = Annotated[str, Field(min_length=1), AfterValidator(printable)]
Formula = Annotated[str, PlainValidator(formula_text)]
Cutoff = Annotated[str, PlainValidator(cutoff_text)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class Section(BaseModel):
    """A table in which every key is known."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class NamedSection(BaseModel):
    """A table whose `name` decides which further keys, its options, it may have."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    @property
    def options(self) -> Mapping[str, Any]:
        """What is given besides the keys of every such table."""
        return dict(self.model_extra or {})


class DataSection(Section):
    """Configurations of a dataset, or a table.

    Attributes:
        table: a text file, or "FILE:NAME" for a table of a dataset; what follows it is for tables.
        x, y: columns by the names that formulas have for them.
        sigma, weight: columns of standard deviations or of weights, by the name of the y; "" for all.
        group: a column whose values say which rows belong together.
        balance: weigh groups so that each has the same influence.
        rows: conditions on columns, which must all hold.
    """

    train: Text | None = Field(
        None, description='a dataset made by `hpcfit import`, such as train = "train.h5"'
    )
    table: Text | None = None
    x: Annotated[dict[str, Text], BeforeValidator(columns_by_name)] = Field(
        default_factory=dict, examples=['["volume"]']
    )
    y: Annotated[dict[str, Text], BeforeValidator(columns_by_name)] = Field(
        default_factory=dict, examples=['["energy"]']
    )
    sigma: Annotated[dict[str, Text], BeforeValidator(columns_of_outputs)] = Field(
        default_factory=dict, examples=['"error"']
    )
    weight: Annotated[dict[str, Text], BeforeValidator(columns_of_outputs)] = Field(
        default_factory=dict, examples=['"weight"']
    )
    group: Text | None = None
    balance: bool = False
    rows: Annotated[list[Text], Field(min_length=1)] | None = Field(None, examples=['["T > 300"]'])
    missing: Literal["error", "skip"] = "error"
    test: Text | None = None
    test_fraction: Annotated[float, Field(gt=0.0, lt=1.0)] | None = None
    seed: Annotated[int, Field(ge=0)] = 0
    tags: Annotated[list[Text], Field(min_length=1)] | None = Field(None, examples=['["AIMD"]'])


class TargetsSection(Section):
    energy: bool = True
    forces: bool = True
    stress: bool = False
    reference_energies: dict[
        Annotated[str, AfterValidator(chemical_symbol)],
        Annotated[float | Literal["fit"], PlainValidator(reference_energy)],
    ] = Field(default_factory=dict, examples=['{ Si = "fit" }'])


class DensitySection(Section):
    """A density that is more than a formula."""

    formula: Formula = Field(description='a function of r, such as formula = "exp(-r)"')
    rank: Literal["scalar", "vector", "tensor"] = "scalar"
    cutoff: Cutoff | None = None


class PotentialSection(NamedSection):
    """A catalogue potential by its name, a calculator of ASE, or one's own as formulas.

    `parameters` maps a species key ("" for all, "Si", "Si-C", "Si-C-C") to parameters by name; `density` is
    by name, one given as a formula alone is called rho; `cutoff` by term, "" for all that are not named;
    `auxiliary` are parameters by name that only ties use.
    """

    name: Text | None = None
    ase: Text | None = None
    species: Annotated[list[Annotated[str, AfterValidator(chemical_symbol)]], Field(min_length=1)] = Field(
        description='the elements it is for, such as species = ["Si"]', examples=['["Si"]']
    )
    pair: Formula | None = None
    triplet: Formula | None = None
    site: Formula | None = None
    density: Annotated[dict[str, DensitySection], BeforeValidator(named_densities)] = Field(
        default_factory=dict
    )
    bond_environment: Formula | None = None
    embedding: Formula | None = None
    cutoff: Annotated[dict[str, Cutoff], BeforeValidator(cutoffs_by_term)] = Field(default_factory=dict)
    let: dict[str, Formula] = Field(default_factory=dict, examples=['{ tail = "exp(-r/rho)" }'])
    parameters: dict[str, dict[str, ParameterTable]] = Field(
        default_factory=dict, examples=["{ A = { initial = 1.0 } }"]
    )
    mixing: Annotated[str | dict[str, str], PlainValidator(mixing_rule)] | None = None
    auxiliary: dict[str, ParameterTable] = Field(default_factory=dict, examples=["{ k = { initial = 0.0 } }"])
    difference_step: Annotated[Number, Field(gt=0.0, lt=0.1)] | None = None


class ModelSection(NamedSection):
    """What a table is fitted by: a model of the catalogue by its name, or formulas of columns and parameters.

    Attributes:
        formula: of each y by its name, "" for the only one.
        per_group: parameters that have a number for each group of rows.
        group_parameters: what is said of the parameters of one group, by group.
    """

    name: Text | None = None
    formula: Annotated[dict[str, Formula], BeforeValidator(formulas_by_output)] = Field(default_factory=dict)
    let: dict[str, Formula] = Field(default_factory=dict, examples=['{ tail = "exp(-x/b)" }'])
    parameters: dict[str, ParameterTable] = Field(
        default_factory=dict, examples=["{ A = { initial = 1.0 } }"]
    )
    per_group: list[Text] = Field(default_factory=list, examples=['["A"]'])
    group_parameters: dict[str, dict[str, ParameterTable]] = Field(
        default_factory=dict, examples=["{ cold = { A = { initial = 1.0 } } }"]
    )


class WeightsSection(NamedSection):
    name: Text = "constant"


class ResidualSection(Section):
    name: Text = "energy-forces"
    data: dict[str, Any] = Field(default_factory=dict, examples=['{ normalize_by_natoms = "energy" }'])


class LossSection(NamedSection):
    """What a residual far from zero counts for; further keys are tables for single targets.

    Attributes:
        scale: in the unit of weighted residuals; "mad" takes it from those at the initial values.
    """

    name: Text = "least-squares"
    scale: Annotated[float | Literal["mad"], PlainValidator(loss_scale)] | None = None


class RegularizationSection(Section):
    """What keeps parameters where the data say little of them.

    Attributes:
        ridge: loss of a parameter that is off by its size, times two; 0 for none.
        towards: "initial" or "zero": where parameters are drawn to.
        parameters: names of those that are; all free ones by default.
    """

    ridge: Annotated[Number, Field(ge=0.0)] = 0.0
    towards: Literal["initial", "zero"] = "initial"
    parameters: Annotated[list[Text], Field(min_length=1)] | None = Field(None, examples=['["A"]'])


class OptimizerSection(NamedSection):
    name: Text = "geodesic-lm"


class RunSection(Section):
    """Where and how to run.

    Attributes:
        folder: the run folder, relative to the job file.
        start_from: another run's folder, relative to the job file, whose values this one starts from.
        device: "auto", "cpu" or "cuda"; several are by rank of a machine, the last for all further ones.
        groups: of ranks, each of which makes fits of its own where there are several; None for as many as
            are of use.
        memory_limit: bytes per rank; None takes what the machine has.
        checkpoint_interval: least time in seconds between two checkpoints; 0 writes each one.
    """

    folder: Text = "run"
    start_from: Text | None = None
    device: Annotated[str | tuple[str, ...], PlainValidator(device_words)] = "auto"
    groups: Annotated[int, Field(ge=1)] | None = None
    memory_limit: Annotated[int, PlainValidator(byte_count)] | None = None
    checkpoint_interval: Annotated[Number, Field(ge=0.0)] = 0.0


class PluginsSection(Section):
    load: list[Text] = Field(default_factory=list, examples=['["mine.py"]'])


#: the tables of a job file, by name; [data] must be there, and [[potential]], perhaps repeated, or [model]
SECTIONS: Mapping[str, type[Section] | type[NamedSection]] = {
    "data": DataSection,
    "potential": PotentialSection,
    "model": ModelSection,
    "targets": TargetsSection,
    "weights": WeightsSection,
    "residual": ResidualSection,
    "loss": LossSection,
    "regularization": RegularizationSection,
    "optimizer": OptimizerSection,
    "run": RunSection,
    "plugins": PluginsSection,
}

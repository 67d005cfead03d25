"""Which shape a table of associations has, given the measure that is asked for."""

from typing import Unpack

from bayespool.studies.arms import ArmCounts
from bayespool.studies.bridge import BRIDGES
from bayespool.studies.columns import find, has_groups, recognise
from bayespool.studies.correlations import Correlations
from bayespool.studies.counts import has_counts
from bayespool.studies.effect_rows import apart, has_estimates
from bayespool.studies.effects import Effects
from bayespool.studies.means import GroupMeans
from bayespool.studies.measures import MEASURES, OF_COUNTS, OF_MEANS, Measure, measure_named
from bayespool.studies.paired import CELLS, PairedProportions
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.proportions import Proportions
from bayespool.studies.spellings import (
    ARM_1,
    ARM_2,
    ARMS,
    CORRELATION,
    MEANS,
    ONE_ARM,
    SINGLE,
    normalise,
)
from bayespool.studies.tables import Reading, Table, TableSource, read_table

AssociationStudies = (
    ArmCounts | Effects | GroupMeans | Correlations | Proportions | PairedProportions
)
PAIRED = (CELLS, ("before", "n_before", "after", "n_after"))


def read_studies(
    table: TableSource,
    measure: str | None = None,
    name: str | None = None,
    *,
    bridge: bool = False,
    **reading: Unpack[Reading],
) -> AssociationStudies:
    """Read a table as the shape that its columns and the measure call for.

    or: `PairedProportions` if there are columns of pairs (both, lost, gained, neither) or margins
    (before, n_before, after, n_after), and none of two groups or of an odds ratio. or, rr and rd:
    `ArmCounts` if every row gives counts, else `Effects` (whose rows may give counts too). md, smd
    and rom: `GroupMeans` if there are columns of means or medians. cor: `Correlations` if there are
    r and n. proportion: `Proportions` if there are counts or rates with n. All other: `Effects`.
    Where a table has neither, the error is that of the shape that is most often meant.

    Parameters
    ----------
    table, measure, name
        As in the shapes' own ``from_table``. Without a measure it is that which the file of a
        review says.
    bridge
        Read `Effects`, and take rows of kind ``smd`` among odds ratios or ``or`` among standardised
        mean differences.
    **reading
        keep_rows, sheet, column_map, comparison, outcome: see `bayespool.studies.tables.Reading`.

    Raises
    ------
    ValueError
        Unknown measure, or one that pairs or a bridge do not have; the message lists those there
        are.
    TableError
        The table is faulty.
    """
    table = read_table(table, **reading)
    measure = measure or stated_measure(table)
    wanted = measure_named(measure)
    refuse_other_measure(table, wanted)
    if bridge:
        measure_named(measure, tuple(BRIDGES))
        return Effects.from_table(table, measure, name, bridge=True)
    read = apart(table, wanted)
    shape = _shape(read, wanted)
    if issubclass(shape, Effects):
        return shape.from_table(read, measure, name)
    studies = shape.from_table(read, name)
    if isinstance(studies, GroupMeans):
        studies.effects(measure)  # refuses means that have no ratio, or groups that are too small
    return studies


def stated_measure(table: Table) -> str:
    """The measure that the file of a review says.

    Raises
    ------
    TableError
        It says none.
    """
    if not table.measure:
        rule = "the table does not say what its effects are"
        allowed = f"--measure: {', '.join(MEASURES)}"
        raise TableError([Problem(table.file, None, None, rule, allowed)])
    return table.measure


def refuse_other_measure(table: Table, wanted: Measure) -> None:
    """Refuse estimates of one measure that are asked for as another.

    Raises
    ------
    TableError
        They are; counts and means give any measure that there is of them.
    """
    estimates = set(table.names) >= {"estimate", "se"}
    if table.measure and estimates and wanted.name not in (table.measure, "generic"):
        rule = (
            f"the outcome is of {MEASURES[table.measure].label}s, and {wanted.label} is asked for"
        )
        raise TableError([Problem(table.file, None, None, rule, f"--measure {table.measure}")])


def _shape(table: Table, measure: Measure) -> type[AssociationStudies]:
    stated = has_estimates(table, measure)
    if measure.name in OF_COUNTS:
        counted = has_groups(table, ARMS, (ARM_1, ARM_2))
        if not (stated or counted) and _paired(table):
            measure_named(measure.name, ("or",))
            return PairedProportions
        return ArmCounts if not stated or (counted and _every_row_counts(table)) else Effects
    roles = set(recognise(table, MEANS).roles)
    if measure.name in OF_MEANS:
        means = {"mean1", "median1"} & roles and {"mean2", "median2"} & roles
        return GroupMeans if means or not stated else Effects
    if measure.name == "cor":
        both = {"r", "n"} <= set(recognise(table, CORRELATION).roles)
        return Correlations if both or not stated else Effects
    if measure.name == "proportion":
        return Proportions if has_groups(table, SINGLE, (ONE_ARM,)) or not stated else Effects
    return Effects


def _paired(table: Table) -> bool:
    """Whether the columns of one way to state a finding before and after are all there."""
    return any(
        all(find(table, {name: (normalise(name),) for name in names}).values()) for names in PAIRED
    )


def _every_row_counts(table: Table) -> bool:
    recognised = recognise(table, ARMS, (ARM_1, ARM_2))
    return all(has_counts(table, recognised, row) for row in range(len(table.rows)))

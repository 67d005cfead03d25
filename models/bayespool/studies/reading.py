"""Which shape a table of associations has, given the measure that is asked for."""

from bayespool.studies.arms import ArmCounts
from bayespool.studies.columns import has_groups, recognise
from bayespool.studies.correlations import Correlations
from bayespool.studies.counts import has_counts
from bayespool.studies.effect_rows import has_estimates
from bayespool.studies.effects import Effects
from bayespool.studies.means import GroupMeans
from bayespool.studies.measures import OF_COUNTS, OF_MEANS, Measure, measure_named
from bayespool.studies.proportions import Proportions
from bayespool.studies.spellings import ARM_1, ARM_2, ARMS, CORRELATION, MEANS, ONE_ARM, SINGLE
from bayespool.studies.tables import Table, TableSource, read_table

AssociationStudies = ArmCounts | Effects | GroupMeans | Correlations | Proportions


def read_studies(table: TableSource, measure: str, name: str | None = None) -> AssociationStudies:
    """Read a table as the shape that its columns and the measure call for.

    or, rr and rd: `ArmCounts` if every row gives counts, else `Effects` (whose rows may give counts
    too). md, smd and rom: `GroupMeans` if there are columns of means or medians. cor:
    `Correlations` if there are r and n. proportion: `Proportions` if there are counts or rates with
    n. All other: `Effects`. Where a table has neither, the error is that of the shape that is most
    often meant.

    Raises
    ------
    ValueError
        Unknown measure; the message lists those there are.
    TableError
        The table is faulty.
    """
    wanted = measure_named(measure)
    shape = _shape(read_table(table), wanted)
    if issubclass(shape, Effects):
        return shape.from_table(table, measure, name)
    return shape.from_table(table, name)


def _shape(table: Table, measure: Measure) -> type[AssociationStudies]:
    stated = has_estimates(table, measure)
    if measure.name in OF_COUNTS:
        counted = has_groups(table, ARMS, (ARM_1, ARM_2))
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


def _every_row_counts(table: Table) -> bool:
    recognised = recognise(table, ARMS, (ARM_1, ARM_2))
    return all(has_counts(table, recognised, row) for row in range(len(table.rows)))

"""What was observed: one validated, frozen class per data shape; reading of tables."""

from bayespool.studies.accuracy import AccuracyStudies
from bayespool.studies.arms import ArmCounts
from bayespool.studies.correlations import Correlations
from bayespool.studies.effects import Effects
from bayespool.studies.means import GroupMeans
from bayespool.studies.measures import MEASURES, Measure, measure_named
from bayespool.studies.paired import PairedProportions
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.proportions import Proportions
from bayespool.studies.reading import AssociationStudies, read_studies
from bayespool.studies.rows import SHAPES, Rows
from bayespool.studies.tables import read_table

__all__ = [
    "MEASURES",
    "SHAPES",
    "AccuracyStudies",
    "ArmCounts",
    "AssociationStudies",
    "Correlations",
    "Effects",
    "GroupMeans",
    "Measure",
    "PairedProportions",
    "Problem",
    "Proportions",
    "Rows",
    "TableError",
    "measure_named",
    "read_studies",
    "read_table",
]

"""What was observed: one validated, frozen class per data shape; reading of tables."""

from bayespool.studies.accuracy import AccuracyStudies
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.tables import read_table

__all__ = ["AccuracyStudies", "Problem", "TableError", "read_table"]

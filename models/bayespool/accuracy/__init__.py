"""Models of diagnostic accuracy, one file each."""

from bayespool.accuracy.bivariate import Bivariate
from bayespool.accuracy.comparison import Comparison
from bayespool.accuracy.hsroc import HSROC
from bayespool.accuracy.latent_class import LatentClass
from bayespool.accuracy.meta_regression import MetaRegression
from bayespool.accuracy.nested import NestedBivariate
from bayespool.accuracy.nested_regression import NestedMetaRegression
from bayespool.accuracy.prevalence import Trivariate
from bayespool.accuracy.published import prior_from_summary
from bayespool.accuracy.selection import SelectionBivariate
from bayespool.accuracy.thresholds import Thresholds

__all__ = [
    "HSROC",
    "Bivariate",
    "Comparison",
    "LatentClass",
    "MetaRegression",
    "NestedBivariate",
    "NestedMetaRegression",
    "SelectionBivariate",
    "Thresholds",
    "Trivariate",
    "prior_from_summary",
]

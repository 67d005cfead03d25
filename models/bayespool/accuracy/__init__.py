"""Models of diagnostic accuracy, one file each."""

from bayespool.accuracy.bivariate import Bivariate

__all__ = ["Bivariate"]

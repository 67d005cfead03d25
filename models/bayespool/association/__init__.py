"""Models of outcome associations, one file each."""

from bayespool.association.beta_binomial import BetaBinomial
from bayespool.association.binomial_normal import BinomialNormal
from bayespool.association.nested import Nested
from bayespool.association.normal_normal import NormalNormal
from bayespool.association.pet_peese import PEESE, PET
from bayespool.association.pre_post import PrePost
from bayespool.association.proportion import Proportion
from bayespool.association.selection import SelectionNormal
from bayespool.association.smooth_selection import SelectionBeta, SelectionExponential

__all__ = [
    "PEESE",
    "PET",
    "BetaBinomial",
    "BinomialNormal",
    "Nested",
    "NormalNormal",
    "PrePost",
    "Proportion",
    "SelectionBeta",
    "SelectionExponential",
    "SelectionNormal",
]

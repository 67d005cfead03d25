"""Models of outcome associations, one file each."""

from bayespool.association.beta_binomial import BetaBinomial
from bayespool.association.binomial_normal import BinomialNormal
from bayespool.association.nested import Nested
from bayespool.association.normal_normal import NormalNormal
from bayespool.association.pre_post import PrePost
from bayespool.association.proportion import Proportion

__all__ = ["BetaBinomial", "BinomialNormal", "Nested", "NormalNormal", "PrePost", "Proportion"]

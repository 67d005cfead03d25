"""Small-study effects and publication bias: what may be missing, and what it would change."""

from bayespool.bias.averaged import Averaged, robma
from bayespool.bias.ensemble import Ensemble, OnError, Weighted, psma

__all__ = ["Averaged", "Ensemble", "OnError", "Weighted", "psma", "robma"]

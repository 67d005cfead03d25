"""Small-study effects and publication bias: what may be missing, and what it would change."""

from bayespool.bias.averaged import Averaged, robma
from bayespool.bias.deeks import Deeks, deeks
from bayespool.bias.ensemble import Ensemble, OnError, Weighted, psma

__all__ = ["Averaged", "Deeks", "Ensemble", "OnError", "Weighted", "deeks", "psma", "robma"]

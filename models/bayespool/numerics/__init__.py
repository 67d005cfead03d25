"""Numerics: NumPy and SciPy only; no tables, no models, no files."""

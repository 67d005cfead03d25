"""Versions of what produced the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from bayespool import __version__


@lru_cache(maxsize=4)
def package_versions(engine: str) -> Mapping[str, str]:
    """Of the package, and of the libraries that an engine computes with."""
    from importlib.metadata import version

    packages = ["numpy", "scipy"]
    if engine == "nuts":
        packages += ["pymc", "pytensor", "nutpie", "arviz-stats"]
    return {"bayespool": __version__} | {name: version(name) for name in packages}

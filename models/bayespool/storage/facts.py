"""What a stored fit says of itself beside its draws, checked before it is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from bayespool.decoded import decoded, from_json
from bayespool.engines import grid
from bayespool.engines.quadrature import QuadratureDraws
from bayespool.fitted import Fit
from bayespool.kept_rows import hierarchy_of

Array = np.ndarray
MOST_NODES = 4_096  # of quadrature, per dimension, and points a study
# what pages and checks ask of an engine; the rest of a quadrature's may be missing
OF_NUTS: dict[str, type] = {"sampler": str, "tune": int, "target_accept": float}
STATS_OF_NUTS = ("diverging", "energy", "reached_max_treedepth")
OF_GRID: dict[str, type] = {
    "path": str, "grid_error": float, "n_evaluated": int,
    "log_marginal_likelihood": float, "log_marginal_likelihood_mcse": float,
}  # fmt: skip
OF_QUADRATURE: dict[str, type] = {
    item.name: int if item.type == "int" else float
    for item in fields(QuadratureDraws) if item.name not in ("theta", "ancestor")
}  # fmt: skip
MAY_MISS = ("second_ess", "second_z", "missed", "log_marginal_likelihood",
            "log_marginal_likelihood_mcse")  # fmt: skip


def hierarchy_in_file(model: Any, studies: Any, whole: Any | None) -> Any:
    """The hierarchy of a model and studies that are not known to belong together.

    Raises
    ------
    ValueError
        They do not.
    """
    try:
        model.check(studies if whole is None else whole)
        return hierarchy_of(model, studies, whole)
    except (ArithmeticError, AttributeError, LookupError, TypeError) as error:
        raise ValueError(f"the model cannot be of these studies ({error})") from error


def check_support(fitted: Fit) -> None:
    """Every draw is one that the prior allows: no negative standard deviation.

    Raises
    ------
    ValueError
        One is not.
    """
    for name in fitted.hierarchy.correlations:
        if not (np.abs(fitted.draws.hyper[name]) <= 1.0).all():
            raise ValueError(f"{name} has draws that are no correlations")
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        found = fitted.hierarchy.log_prior_by_name(fitted.theta)
    for name, density in found.items():
        if not np.isfinite(density).all():
            raise ValueError(f"{name} has draws that its prior does not allow")


def engine_info(info: Any, engine: str, hierarchy: Any, stats: Mapping[str, Array]) -> Any:
    """What an engine measured about itself, as pages and checks will ask for it.

    Raises
    ------
    ValueError
        An unknown engine, or one that would have measured something else.
    """
    found = decoded(info, Mapping[str, str | int | float | bool | None], "info")
    if engine == "nuts":
        missing = [name for name in STATS_OF_NUTS if name not in stats]
        if missing:
            raise ValueError(f"sample_stats have no {missing[0]}, which NUTS has")
        needed = OF_NUTS
    elif engine == "quadrature":
        needed = OF_GRID if "path" in found else OF_QUADRATURE
    else:
        raise ValueError(f"engine {engine[:40]!r} is unknown; allowed: quadrature, nuts")
    for name, kind in needed.items():
        if name in found or name not in MAY_MISS:
            decoded(found.get(name), kind, f"info: {name}")
    if "path" in found and not (found["path"] == "grid" and grid.applies(hierarchy)):
        raise ValueError("info: path is not that of this model")
    for name in ("nodes", "points"):
        if not 0 <= found.get(name, 0) <= MOST_NODES:
            raise ValueError(f"info: {name} is {found[name]}; at most {MOST_NODES} are allowed")
    return found


def seed_in_file(value: int) -> int:
    """A seed that a random stream takes."""
    if not 0 <= value < 2**63:
        raise ValueError(f"the seed is {value}; allowed: 0 to 2^63 - 1")
    return value


def package_versions_in_file(value: Any) -> Mapping[str, str]:
    """Versions by package."""
    found: Mapping[str, str] = decoded(value, Mapping[str, str], "versions")
    return found


def texts(value: str, what: str) -> tuple[str, ...]:
    """A list of sentences, as JSON."""
    found: tuple[str, ...] = decoded(from_json(value, what), tuple[str, ...], what)
    return found

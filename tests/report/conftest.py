"""One quadrature fit and its report, shared by all tests of the report."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bayespool as bp
from bayespool.report import write_report

COMPARATORS = (
    {"name": "Elsewhere 2023", "measure": "sens", "estimate": 0.73, "lower": 0.66, "upper": 0.79,
     "interval": "95 % CI", "reference": "A journal 2023;1:2", "note": "14 studies"},
    {"name": "Elsewhere 2023", "measure": "spec", "estimate": 0.89},
)  # fmt: skip


BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    path = next((found for found in map(shutil.which, BROWSERS) if found), None)
    if path is None:
        pytest.skip(f"no browser on the PATH: {', '.join(BROWSERS)}")
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def fitted(quadrature_fit: bp.Fit) -> Any:
    return quadrature_fit


@pytest.fixture(scope="session")
def awkward() -> Any:
    """Labels that attack, and an empty group on either side."""
    studies = bp.AccuracyStudies.from_counts(
        ["<script>alert(1)</script>", "=HYPERLINK(1) & $x^2$", "研究 2021", "Łódź", "@tails"],
        tp=[8, 0, 10, 5, 0],
        fp=[1, 3, 2, 0, 1],
        fn=[2, 0, 3, 1, 4],
        tn=[9, 12, 20, 0, 5],
        **{"=cov": ["=1+1", "-a", "ok", None, "+z"], "tp_note": [1, 2, 3, 4, None]},
        order=[2, 1, 1, 2, 2],
    )
    return bp.fit(bp.accuracy.Bivariate(), studies, engine="quadrature")


@pytest.fixture(scope="session")
def report(fitted: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(
        fitted,
        tmp_path_factory.mktemp("reports") / "good",
        comparators=COMPARATORS,
        prevalences=(0.1, 0.125),
        notes=("Two studies may share patients.",),
        command="bayespool accuracy csf_tau_dementia",
    )


@pytest.fixture(scope="session")
def awkward_report(awkward: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(
        awkward, tmp_path_factory.mktemp("reports") / "awkward", title="<b>Title</b> & more"
    )


@pytest.fixture(scope="session")
def refits(awkward: Any) -> dict[str, Any]:
    """Leave-one-out, two priors and two steps of the awkward table."""
    from dataclasses import replace

    from bayespool.checks.leave_one_out import refit_without_each
    from bayespool.checks.variants import cumulative, prior_sensitivity
    from bayespool.priors import HalfNormal

    tight = replace(awkward.model, tau_sens=HalfNormal(0.3), tau_spec=HalfNormal(0.3))
    return {
        "leave_one_out": refit_without_each(awkward, ess=1_000.0),
        "prior_sensitivity": prior_sensitivity(awkward, {"tau: HalfNormal(0.3)": tight}),
        "cumulative": cumulative(awkward, "order"),
    }


@pytest.fixture(scope="session")
def refit_report(
    awkward: Any, refits: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return write_report(awkward, tmp_path_factory.mktemp("reports") / "refits", **refits)

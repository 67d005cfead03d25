"""Figures of the appendix that methodologists ask for: crosshairs, L'Abbé, Baujat, joint posterior.

References
----------
Baujat et al. (2002), Stat Med 21:2641-2652: across, the share of a study in Cochran's Q; upwards,
how far the pooled value moves without it, here in posterior standard deviations, squared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.association.scale import to_analysis
from bayespool.figures import joint, places, svg
from bayespool.quantity import capital
from bayespool.report import numbers, points
from bayespool.report.association_numbers import risk_of_group1
from bayespool.report.blocks import Drawing
from bayespool.report.per_study import StudyRow
from bayespool.report.refits import Refits
from bayespool.studies.measures import MEASURES

if TYPE_CHECKING:
    from bayespool.fitted import Fit

NB = numbers.SPACE
MOST = 100  # studies in a plane
MOST_NAMES = 5
FEWEST = 3
RISKS = ("or", "rr", "rd")
Z = 1.959963984540054  # from an interval to its standard error


def of_accuracy(fitted: Fit, rows: Sequence[StudyRow]) -> list[Drawing]:
    """Crosshairs: both proportions of every study with their exact intervals."""
    full = [row for row in rows if all(margin.observed for margin in row.margins)]
    if not FEWEST <= len(full) <= MOST:
        return []
    drawn = points.drawn(fitted)
    sens, spec = ([row.margins[i].observed for row in full] for i in (0, 1))
    table = places.PlacesTable(
        titles=("1 − specificity (%)", "Sensitivity (%)"),
        x=1.0 - np.array([one.centre for one in spec if one]),
        y=np.array([one.centre for one in sens if one]),
        rows=tuple(row.index for row in full),
        x_ends=1.0 - np.array([[one.upper, one.lower] for one in spec if one]),
        y_ends=np.array([[one.lower, one.upper] for one in sens if one]),
        series=tuple(drawn.index(row.group) for row in full),
        shares=True,
    )
    title = "Crosshair plot"
    words = (
        f"Sensitivity and specificity of {len(full)} results, with exact 95{NB}% intervals both "
        "ways."
    )
    text = svg.to_svg(places.draw(table), "figure-crosshair", title, words)
    return [Drawing("crosshair", text, words)]


def of_effects(fitted: Fit, rows: Sequence[StudyRow], refits: Refits) -> list[Drawing]:
    """L'Abbé of counts, Baujat where each study was left out, joint posterior of mu and tau."""
    found = (_labbe(fitted), _baujat(fitted, rows, refits), _joint(fitted))
    return [drawing for drawing in found if drawing is not None]


def _labbe(fitted: Fit) -> Drawing | None:
    studies: Any = fitted.studies
    groups = tuple(studies.counted.values())
    if len(groups) != 2 or studies.same_people or fitted.model.measure not in RISKS:
        return None
    full = [i for i, said in enumerate(studies.statements) if said is None]
    full = [i for i in full if min(people[i] for _, people in groups) > 0]
    if not FEWEST <= len(full) <= MOST:
        return None
    (e1, n1), (e2, n2) = ((events[full], people[full]) for events, people in groups)
    risks = np.linspace(0.001, 0.999, 200)
    mu = np.full_like(risks, np.median(fitted.samples["mu"]))
    table = places.PlacesTable(
        titles=("Risk in group 2 (%)", "Risk in group 1 (%)"), x=e2 / n2, y=e1 / n1,
        rows=tuple(full), sizes=(n1 + n2).astype(float), shares=True, diagonal=True,
        curve=(risks, risk_of_group1(mu, risks, fitted.model.measure)),
    )  # fmt: skip
    title = "L'Abbé plot"
    words = (
        f"Risks of both groups in {len(full)} results, the areas in proportion to the people. "
        "Broken line: equal risks. Curve: the pooled "
        f"{MEASURES[fitted.model.measure].label} at every risk of group 2."
    )
    return Drawing("labbe", svg.to_svg(places.draw(table), "figure-labbe", title, words), words)


def _baujat(fitted: Fit, rows: Sequence[StudyRow], refits: Refits) -> Drawing | None:
    left = refits.leave_one_out
    seen = [row for row in rows if row.margins[0].observed and not row.note]
    several = fitted.studies.several_rows() or "mu" not in fitted.estimates
    if left is None or several or not FEWEST <= len(seen) <= MOST:
        return None
    ends = np.array([[one.lower, one.centre, one.upper]
                     for one in (row.margins[0].observed for row in seen) if one])  # fmt: skip
    with np.errstate(divide="ignore"):  # a proportion of 0 or 1 has no place on the logit scale
        low, y, high = to_analysis(ends, fitted.model.measure).T
    if not np.isfinite([low, y, high]).all():
        return None
    share = shares_of_q(y, (high - low) / (2.0 * Z))
    without = {one.study: one.estimates["mu"].mean for one in left.studies}
    whole = fitted.estimates["mu"]
    moved = np.array([(without[row.row] - whole.mean) / whole.sd for row in seen]) ** 2
    largest = np.argsort(-(share / max(share.max(), 1e-12) + moved / max(moved.max(), 1e-12)))
    table = places.PlacesTable(
        titles=("Share of the study in Cochran's Q",
                "Shift of the pooled value without it (posterior SDs, squared)"),
        x=share, y=moved, rows=tuple(row.index for row in seen),
        names=tuple((int(i), seen[i].study) for i in largest[:MOST_NAMES]),
    )  # fmt: skip
    title = "Baujat plot"
    words = (
        "To the right, studies that add to heterogeneity; upwards, studies that the pooled value "
        f"rests on. Named: {', '.join(seen[int(i)].study for i in largest[:MOST_NAMES])}."
    )
    return Drawing("baujat", svg.to_svg(places.draw(table), "figure-baujat", title, words), words)


def shares_of_q(estimate: np.ndarray, se: np.ndarray) -> np.ndarray:
    """What every study adds to Cochran's Q, shape (n,): its weight times its squared distance."""
    weight = 1.0 / se**2
    found: np.ndarray = weight * (estimate - np.average(estimate, weights=weight)) ** 2
    return found


def _joint(fitted: Fit) -> Drawing | None:
    mu, tau = (fitted.samples.get(name) for name in ("mu", "tau"))
    if mu is None or tau is None or np.ptp(tau) == 0.0 or fitted.of_one_study:
        return None
    names = fitted.named["mu"].label, fitted.named["tau"].label
    table = joint.JointTable((names[0], capital(names[1])), mu.ravel(), tau.ravel())
    title = "Joint posterior of the pooled effect and the variation between studies"
    words = (
        f"Regions hold 95, 80 and 50{NB}% of the posterior draws; the diamond is at the medians. "
        "The effect is on the scale of analysis."
    )
    return Drawing("joint", svg.to_svg(joint.draw(table), "figure-joint", title, words), words)

"""The scale that an ensemble is fitted on, and the way back to that of the studies.

References
----------
Borenstein, Hedges, Higgins & Rothstein (2011), Introduction to meta-analysis, chapter 7; Bartos et
al. (2023), Res Synth Methods 14:99-116 (Fisher's z, whose standard error does not depend on it).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bayespool.association.small_studies import LOGISTIC, unit_of

Array = np.ndarray
SCALES = ("fisher_z", "native")
TO_Z = ("smd", "or")  # measures that go over to Fisher's z through a standardised mean difference


@dataclass(frozen=True, eq=False)
class Scale:
    """What is fitted.

    Attributes
    ----------
    y, se : array, shape (n_studies,)
    unit : float
        How many units a standardised mean difference of 1 is.
    words : str
    mean_back, spread_back : functions of arrays
        Of the mean, and of a standard deviation, to the scale of analysis of the studies.
    """

    y: Array
    se: Array
    unit: float
    words: str
    mean_back: Callable[[Array], Array]
    spread_back: Callable[[Array], Array]


def scale_of(studies: Any, scale: str | None = None) -> Scale:
    """The studies on Fisher's z or on their own scale of analysis.

    Parameters
    ----------
    studies : Effects, Correlations or others with ``estimate`` and ``se``
    scale : {"fisher_z", "native"}, optional
        By default Fisher's z for standardised mean differences and correlations, as RoBMA does.

    Raises
    ------
    ValueError
        An unknown scale, or one that the measure does not go over to; a standard error that no
        number of people gives.
    """
    measure = studies.measure
    chosen = scale or ("fisher_z" if measure in ("smd", "cor") else "native")
    if chosen not in SCALES:
        raise ValueError(f"scale={chosen!r}; allowed: {', '.join(SCALES)}")
    y, se = np.asarray(studies.estimate, float), np.asarray(studies.se, float)
    unit, words = unit_of(studies)
    if chosen == "native" or measure == "cor":
        return Scale(y, se, unit, words, _same, _same)
    if measure not in TO_Z:
        raise ValueError(
            f"scale='fisher_z' with measure {measure!r}; allowed with fisher_z: smd, or, cor"
        )
    times = LOGISTIC if measure == "or" else 1.0
    d, se_d = y / times, se / times
    people = (8.0 + d * d) / (2.0 * se_d * se_d)
    if people.min() <= 3.0:
        i = int(np.argmin(people))
        raise ValueError(
            f"{studies.file} row {studies.row[i]}: a standard error of {se[i]:.3g} is that of "
            f"{people[i]:.2g} people, and Fisher's z needs more than 3; allowed: scale='native'"
        )
    return Scale(
        np.arcsinh(0.5 * d), 1.0 / np.sqrt(people - 3.0), 0.5,
        "on Fisher's z, with means, standard deviations and slopes told as of the "
        f"{'log odds ratio' if measure == 'or' else 'standardised mean difference'}",
        lambda z: 2.0 * times * np.sinh(z), lambda t: 2.0 * times * t,
    )  # fmt: skip


def _same(x: Array) -> Array:
    return x

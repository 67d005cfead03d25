"""A published pooled estimate as a prior, for studies that are not in it.

References
----------
Ibrahim & Chen (2000), Stat Sci 15:46-60 (power priors: earlier evidence at part of its weight).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayespool.datasets import data_dir
from bayespool.priors import Normal, ProbabilityInterval
from bayespool.studies import read_table

if TYPE_CHECKING:
    from bayespool.studies import AccuracyStudies


def prior_from_summary(
    dataset: str,
    published: str,
    studies: AccuracyStudies,
    *,
    link: str = "logit",
    weight: float = 1,
) -> dict[str, Normal]:
    """Priors of the pooled sensitivity and specificity from a published summary.

    Parameters
    ----------
    dataset : str
        Whose ``<dataset>_comparator.csv`` holds the summary, its 95 % limits (proportions) and, in
        the column ``primaries``, the studies that are or may be in it.
    published : str
        Name of the summary in that file.
    studies : AccuracyStudies
        What the prior is for.
    link : str
        Scale of the prior: that of the model.
    weight : float
        In (0, 1]: how much of the summary's information counts; the variance is divided by it.

    Returns
    -------
    dict of str to Normal
        Keyword arguments of an accuracy model, such as ``Bivariate(**priors)``.

    Raises
    ------
    ValueError
        No such summary, no limits, or studies that are or may be in it: they would count twice.
    """
    if not 0.0 < weight <= 1.0:
        raise ValueError(f"weight={weight!r}; allowed: above 0, at most 1")
    path = data_dir() / f"{dataset}_comparator.csv"
    if not path.is_file():
        raise ValueError(f"{dataset}: no published summaries; allowed: a data set with {path.name}")
    table = read_table(path)
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    own = [row for row in rows if row["study"] == published]
    if not own:
        names = ", ".join(dict.fromkeys(str(row["study"]) for row in rows))
        raise ValueError(f"{path.name}: no summary {published!r}; allowed: {names}")
    listed = {
        name.strip() for row in own for name in str(row.get("primaries") or "").split(";") if name
    }
    twice = [study for study in dict.fromkeys(studies.study) if study in listed]
    if twice:
        raise ValueError(
            f"{path.name}: {', '.join(twice)} are or may be in {published} and would count twice; "
            "allowed: the summary as a prior of studies that are not in it"
        )
    out = {}
    for row in own:
        if row["lower"] is None or row["upper"] is None:
            raise ValueError(f"{path.name}: {published} has no limits of {row['measure']}")
        limits = ProbabilityInterval(float(row["lower"]), float(row["upper"])).on_link(link)
        sd = float(np.asarray(limits.sigma)) / np.sqrt(weight)
        out[str(row["measure"])] = Normal(round(float(np.asarray(limits.mu)), 4), round(sd, 4))
    return out

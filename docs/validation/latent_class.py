"""The published posteriors of two HSROC analyses; ``uv run docs/validation/latent_class.py``.

TB pleuritis against three imperfect references, and MRI of lymph nodes against a perfect one, as
the tutorial of the R package HSROC (version 2.1.9, sections 3 and 2) prints them: probit HSROC with
uniform priors, one Gibbs chain of 50,000. The same rows and integrals as in `LatentClass`, with the
effects of accuracy and threshold in the place of those of sensitivity and specificity:

    sens = Phi((alpha / 2 - theta) exp(-beta / 2)), spec = Phi((alpha / 2 + theta) exp(beta / 2))

Writes ``latent_class.csv``; it takes some minutes.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.special import ndtr

import bayespool as bp
from bayespool.covariance import Covariance
from bayespool.engines import quadrature
from bayespool.hierarchy import Hierarchy
from bayespool.priors import Beta, Fixed, Uniform
from bayespool.studies import AccuracyStudies

HERE = Path(__file__).resolve().parent
COLUMNS = ("set", "quantity", "published", "published_sd", "median", "sd", "ess")
CULTURE, PICTURE, BIOPSY = "culture", "culture or clinical picture", "culture or biopsy"
# medians and standard deviations as printed
TB = {
    "Theta": (0.812913, 0.278551), "Lambda": (2.842035, 0.2063), "beta": (0.419898, 0.255811),
    "sigma_alpha": (1.140845, 0.496333), "sigma_theta": (0.45535, 0.272885),
    "sens": (0.68099, 0.080009), "spec": (0.996041, 0.007157),
    f"reference_sens[{CULTURE}]": (0.579393, 0.080355),
    f"reference_sens[{PICTURE}]": (0.673479, 0.073761),
    f"reference_sens[{BIOPSY}]": (0.880935, 0.026491),
    f"reference_spec[{CULTURE}]": (0.937374, 0.027641),
    f"reference_spec[{PICTURE}]": (0.971585, 0.015397),
    f"reference_spec[{BIOPSY}]": (0.969505, 0.014487),
}  # fmt: skip
MRI = {
    "Theta": (0.900203, 0.239167), "Lambda": (2.053754, 0.356305), "beta": (-0.34803, 0.295007),
    "sigma_alpha": (0.51137, 0.295974), "sigma_theta": (0.511308, 0.191878),
    "sens": (0.556529, 0.102008), "spec": (0.948203, 0.024638),
}  # fmt: skip
# Scheidler (1997) in the version of that tutorial
NODES = {
    "study": [f"Study {k}" for k in range(1, 11)],
    "tp": [9, 3, 3, 3, 1, 7, 12, 23, 8, 16], "fp": [2, 6, 2, 1, 1, 2, 4, 5, 5, 2],
    "fn": [2, 5, 1, 12, 6, 22, 4, 14, 5, 2], "tn": [44, 32, 16, 44, 16, 167, 29, 230, 53, 22],
}  # fmt: skip
DESIGN = np.array([[0.5, -1.0, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]])


def main() -> None:
    """Fit both sets and write the medians beside the printed ones."""
    references = {CULTURE: Beta(9.2, 13.8), PICTURE: Beta(6.678, 8.162), BIOPSY: Beta(50.4, 12.6)}
    imperfect = bp.accuracy.LatentClass(
        link="probit", reference_sens=references, reference_spec=Beta(71.25, 3.75)
    )
    perfect = replace(imperfect, reference_sens=1, reference_spec=1)
    sets = {
        "tb_pleuritis": (imperfect.hierarchy(bp.load_dataset("tb_pleuritis")), TB),
        "scheidler_mri": (perfect.hierarchy(AccuracyStudies.from_table(NODES)), MRI),
    }
    with (HERE / "latent_class.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for name, (rows, printed) in sets.items():
            draws, ess = posterior(as_hsroc(rows))
            for quantity, (median, sd) in printed.items():
                own = draws[quantity]
                found = [f"{x:.5g}" for x in (np.median(own), own.std())]
                writer.writerow([name, quantity, median, sd, *found, f"{ess:.0f}"])
                print(name, quantity, median, sd, *found)


def as_hsroc(rows: Hierarchy) -> Hierarchy:
    """The rows of a bivariate hierarchy with the effects and priors of the HSROC form."""
    k = rows.n_studies
    return Hierarchy(
        X=np.tile(DESIGN[:, :2], (k, 1)), Z=np.tile(DESIGN, (k, 1)), study=rows.study,
        likelihood=rows.likelihood, coefficients=("Lambda", "Theta"),
        coefficient_priors=(Uniform(-3, 3), Uniform(-1.5, 1.5)),
        between=Covariance(
            ("sigma_alpha", "sigma_theta", "tau_prev"), (Uniform(0, 2), Uniform(0, 2), Fixed(1)),
        ),
        stretch=np.tile([[-0.5], [0.5], [0.0]], (k, 1)), stretch_names=("beta",),
        stretch_priors=(Uniform(-0.75, 0.75),), row_shares=rows.row_shares,
        row_share_priors=rows.row_share_priors, exceeding=rows.exceeding, labels=rows.labels,
    )  # fmt: skip


def posterior(hierarchy: Hierarchy) -> tuple[dict[str, np.ndarray], float]:
    """Draws of all parameters, sensitivity and specificity; and their effective number."""
    found = quadrature.run(hierarchy, 2026, ess=20_000)
    if found.failures:
        raise SystemExit(f"the self-check failed: {'; '.join(found.failures)}")
    draws = {str(name): values.ravel() for name, values in found.hyper.items()}
    half, theta, beta = draws["Lambda"] / 2.0, draws["Theta"], draws["beta"]
    draws["sens"] = ndtr((half - theta) * np.exp(-beta / 2.0))
    draws["spec"] = ndtr((half + theta) * np.exp(beta / 2.0))
    return draws, float(found.info["ess"])


if __name__ == "__main__":
    main()

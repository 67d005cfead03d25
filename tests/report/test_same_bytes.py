"""Same seed, same bytes: every file of a report, in another process and at another time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from bayespool.report.target import CONTENTS

LATER = 2.5  # seconds: archives and HDF5 would keep times of day to one or two
CODE = """
import sys
import numpy as np
import bayespool as bp
from bayespool.accuracy import NestedMetaRegression
from bayespool.association import NormalNormal
from bayespool.checks.leave_one_out import refit_without_each
from bayespool.checks.variants import cumulative, other_rows, prior_sensitivity
from bayespool.priors import HalfNormal, ProbabilityInterval

rows = bp.load_dataset("cidp_mrn")
rows = rows.select([a in ("main", "variant", "partial") for a in rows.covariates["analysis"]])
model = NestedMetaRegression(covariates=("control_type",))
fitted = bp.fit(model, rows, "quadrature", ess=400)
bp.write_report(fitted, sys.argv[1] + "/accuracy", prevalences=(0.1, 0.3))

trials = bp.load_dataset("bcg").effects("or")
model = NormalNormal(measure="or")
fitted = bp.fit(model, trials, "quadrature")
bp.write_report(
    fitted, sys.argv[1] + "/association", mid=1.25,
    baseline_risks=(0.1, ProbabilityInterval(0.02, 0.2)),
    leave_one_out=refit_without_each(fitted),
    prior_sensitivity=prior_sensitivity(
        fitted, {"tau: HalfNormal(1)": NormalNormal(measure="or", tau=HalfNormal(1))}
    ),
    cumulative=cumulative(fitted),
    other_rows=other_rows(fitted, {"without the first": np.arange(len(trials)) > 0}),
)
"""


def test_same_bytes_in_another_process(tmp_path: Path) -> None:
    runs = []
    for seed in ("1", "2"):
        (tmp_path / seed).mkdir()
        runs.append(
            subprocess.Popen(
                [sys.executable, "-c", CODE, str(tmp_path / seed)], stderr=subprocess.PIPE,
                text=True, env=os.environ | {"PYTHONHASHSEED": seed},
            )
        )  # fmt: skip
        time.sleep(LATER)
    for run in runs:
        _, said = run.communicate()
        assert run.returncode == 0, said
    first, second = (
        {path.relative_to(tmp_path / seed): path.read_bytes()
         for path in (tmp_path / seed).rglob("*") if path.is_file()}
        for seed in ("1", "2")
    )  # fmt: skip
    assert set(first) == set(second)
    names = {path.parts[1] for path in first}
    assert set(CONTENTS) <= names
    assert {"leave_one_out.csv", "prior_sensitivity.csv", "cumulative.csv"} <= names
    assert {path.suffix for path in first} == {
        ".html", ".csv", ".json", ".nc", ".svg", ".png", ".md", ".docx"
    }  # fmt: skip
    assert [path for path in first if first[path] != second[path]] == []

"""Same seed, same bits, on one core and on two."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = """
import hashlib
import bayespool as bp
studies = bp.load_dataset("telomerase")
fitted = bp.fit(bp.accuracy.Bivariate(), studies, engine="quadrature", ess=1000)
arrays = [fitted.theta, fitted.effects, fitted.samples["sens_new"], fitted.log_likelihood]
print(hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest())
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs control of cores")
def test_same_bits_on_one_core_and_on_all():
    prints = set()
    everything = os.sched_getaffinity(0)
    for cores, threads in (({min(everything)}, "1"), (everything, "2")):
        done = subprocess.run(
            [sys.executable, "-c", CODE], capture_output=True, text=True, check=True,
            env=os.environ | {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads},
            preexec_fn=lambda cores=cores: os.sched_setaffinity(0, cores),
        )  # fmt: skip
        prints.add(done.stdout.strip())
    assert len(prints) == 1

"""The built wheel works in a fresh environment, data sets included."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(shutil.which("uv") is None, reason="uv builds the wheel")
def test_the_wheel_carries_its_data(tmp_path):
    subprocess.run(
        ["uv", "build", "--wheel", "--quiet", "--out-dir", str(tmp_path), str(ROOT)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    wheel = next(tmp_path.glob("*.whl"))
    names = zipfile.ZipFile(wheel).namelist()
    assert "bayespool/data/cidp_mrn.csv" in names
    assert "bayespool/data/cidp_mrn.md" in names
    assert any(name.startswith("bayespool/report/templates/") for name in names)

    environment = tmp_path / "fresh"
    run = {"check": True, "capture_output": True, "text": True}
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, str(environment)], **run)
    python = environment / "bin" / "python"
    subprocess.run(
        ["uv", "pip", "install", "--quiet", "--python", str(python), "--no-deps", str(wheel)], **run
    )
    # NumPy is all that reading a data set needs
    subprocess.run(["uv", "pip", "install", "--quiet", "--python", str(python), "numpy"], **run)
    done = subprocess.run(
        [str(python), "-c",
         "import bayespool as bp; s = bp.load_dataset('cidp_mrn'); print(len(s), bp.__file__)"],
        cwd=tmp_path, **run,
    )  # fmt: skip
    count, place = done.stdout.split(maxsplit=1)
    assert count == "16"
    assert Path(place.strip()).is_relative_to(environment)

"""What a run says and when: at once what it does, the answer before the page, then stages."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from bayespool.parallel import CORES

ROOT = Path(__file__).parents[2]
TABLE = "study,year,tp,fp,fn,tn\nA,2001,18,17,4,25\nB,2002,15,12,7,19\nC,2002,24,10,5,13\n"
RUN = (sys.executable, "-m", "bayespool.cli")
QUICK = ("--engine", "quadrature", "--formats", "none", "--out", "rep")
LOADED = "import sys\nprint(sorted({'numpy', 'scipy', 'rich', 'pandas'} & set(sys.modules)))\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "review.csv").write_text(TABLE)
    return tmp_path


def python(code: str, cwd: Path) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True,
                          timeout=120)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "arguments",
    [["accuracy", "review.csv"], ["association", "review.csv", "--measure", "or"],
     ["report", "review.csv"]],
)  # fmt: skip
def test_the_first_line_is_out_before_anything_heavy_is_loaded(folder, arguments):
    code = (
        "import sys\nfrom bayespool import progress\n"
        f"def told(event):\n    print(event.words)\n    exec({LOADED!r})\n    sys.exit(0)\n"
        "import bayespool.terminal as terminal\nterminal._Terminal.__call__ = "
        "lambda self, event: told(event)\n"
        f"from bayespool.cli import app\napp({arguments!r})\n"
    )
    assert python(code, folder).splitlines() == ["reading review.csv", "[]"]


def test_an_analysis_loads_nothing_heavy_before_its_first_line():
    scripts = sorted(map(str, (ROOT / "analyses").glob("*.py")))
    assert len(scripts) > 10
    code = f"import runpy\nfor path in {scripts!r}:\n    runpy.run_path(path)\n{LOADED}"
    assert python(code, ROOT).strip() == "[]"


def test_the_first_line_is_out_in_seconds(folder):
    started = time.monotonic()
    with subprocess.Popen(
        [*RUN, "accuracy", "review.csv", *QUICK], cwd=folder, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        first = process.stderr.readline()
        took = time.monotonic() - started
        rest = process.stderr.read()
    assert process.returncode == 0, rest
    assert first == "reading review.csv\n"
    assert took < 10.0  # 0.2 on a quiet machine


def test_the_answer_comes_before_refits_and_page(folder):
    done = subprocess.run(
        [*RUN, "accuracy", "review.csv", *QUICK, "--leave-one-out", "--prior-sensitivity",
         "--cumulative", "--without", "study=A"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    lines = [line for line in done.stdout.splitlines() if line]
    stages = ["reading review.csv",
              "review.csv: 3 rows of 3 studies; Bivariate binomial-normal model, by quadrature",
              "fitting by quadrature", "studies left out (3)", "refits under other priors (8)",
              "refits by year (2)", "refits to other rows (1)", "summary and checks", "figures",
              "page", "draws"]  # fmt: skip
    told = [lines.index(stage) for stage in stages]
    assert told == sorted(told)
    answer = next(i for i, line in enumerate(lines) if line.startswith("│ sens "))
    report = next(i for i, line in enumerate(lines) if line.startswith("report: "))
    left = next(i for i, line in enumerate(lines) if line.startswith("Leaving out"))
    assert told[2] < answer < told[3]
    assert told[-1] < left < report


@pytest.mark.parametrize("how", [("--quiet",), ("--json", "--prior-sensitivity")])
def test_quiet_and_json_say_nothing_else(folder, how):
    done = subprocess.run([*RUN, "accuracy", "review.csv", *QUICK, *how],
                          cwd=folder, capture_output=True, text=True, timeout=300)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    if "--json" in how:
        assert json.loads(done.stdout)["engine"] == "quadrature"
    else:
        assert done.stdout == ""


def test_both_engines_from_the_command_line(folder):
    done = subprocess.run(
        [*RUN, "accuracy", "review.csv", "--engine", "both", "--out", "rep", "--formats",
         "markdown"],
        cwd=folder, capture_output=True, text=True, timeout=300, env=os.environ | {CORES: "2"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "by quadrature, and NUTS beside it as a check" in done.stderr
    assert "check by NUTS: sampling by NUTS (12,000)" in done.stderr
    assert "Fitted again by nuts, no estimate differs by more than" in " ".join(done.stdout.split())
    summary = json.loads((folder / "rep/summary.json").read_text())
    assert (summary["engine"], summary["agreement"]["engine"]) == ("quadrature", "nuts")
    assert "Two independent computations" in (folder / "rep/report.md").read_text()
    again = subprocess.run([*RUN, "report", "rep/posterior.nc", "--json"], cwd=folder,
                           capture_output=True, text=True, timeout=300)  # fmt: skip
    assert json.loads(again.stdout)["agreement"] == summary["agreement"]


@pytest.mark.skipif(not hasattr(os, "forkpty"), reason="needs a pseudo-terminal")
def test_a_terminal_has_a_live_display_that_leaves_no_trace(folder):
    import pty

    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.environ |= {"TERM": "xterm", "COLUMNS": "100"}
        os.execv(RUN[0], [*RUN, "accuracy", "review.csv", *QUICK, "--prior-sensitivity"])
    shown = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # as Linux says that the other end is closed
            break
        if not part:
            break
        shown += part
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    text = shown.decode()
    assert text.startswith("reading review.csv")
    assert "refits under other priors" in text
    assert "of 8" in text
    assert text.count("│ sens ") == 1
    assert text.index("fitting by quadrature") < text.index("│ sens ") < text.index("figures")
    last = text.rpartition("report: rep/index.html")[2]
    assert "figures" not in last


def processes_with(mark: str) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:  # it ended, or is another user's
            continue
    return found


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_an_interrupt_ends_every_process_and_writes_nothing(folder):
    mark = uuid.uuid4().hex
    with subprocess.Popen(
        [*RUN, "accuracy", "review.csv", "--engine", "both", "--out", "rep", "--leave-one-out"],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env=os.environ | {CORES: "2", "MARK": mark},
    ) as process:  # fmt: skip
        assert process.stderr is not None
        said = iter(process.stderr.readline, "")
        assert any(line.startswith("check by NUTS: ") for line in said)
        assert len(processes_with(mark)) == 2
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert errors.splitlines()[-1] == "interrupted; nothing was written"
    assert "Traceback" not in errors
    deadline = time.monotonic() + 20.0
    while processes_with(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_with(mark) == []
    assert [path.name for path in folder.iterdir()] == ["review.csv"]

"""The command line run by a test: in this process, or from outside as a user's shell runs it."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

Done = subprocess.CompletedProcess[str]


def run(*arguments: str, cwd: Path) -> Done:
    """``bayespool arguments`` in this process: exit code, standard output and standard error.

    An exception that the command line does not turn into an exit code fails the test, and so does
    a warning. Nothing is imported again, which is what a process of its own costs.
    """
    from bayespool.cli import main

    out, errors = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(errors),
        mock.patch.object(sys, "argv", ["bayespool", *arguments]),
        pytest.raises(SystemExit) as left,
    ):
        main(arguments)
    code = left.value.code
    assert isinstance(code, int)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), errors.getvalue())


def run_outside(*arguments: str, cwd: Path) -> Done:
    """The same in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "bayespool.cli", *arguments],
        cwd=cwd, capture_output=True, text=True, timeout=300,
    )  # fmt: skip

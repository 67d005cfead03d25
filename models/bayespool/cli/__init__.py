"""The command line: parses, calls, prints. No statistics of its own.

Exit codes: 0 done; 1 the fit failed a gate (the report is written and says so); 2 the request or
the table is wrong, or a disk refuses (nothing is written); 70 a fault of the program, with its
traceback; 130 interrupted (nothing is written).
"""

from __future__ import annotations

import linecache
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from cyclopts import App, CycloptsError, Parameter

from bayespool import __version__
from bayespool.cli.delivery import DONE
from bayespool.cli.fits import accuracy, association
from bayespool.cli.page import app as open_page
from bayespool.cli.panel import judgement_form, summary_of_findings
from bayespool.cli.saved import report
from bayespool.cli.tables import check, datasets
from bayespool.terminal import INTERRUPTED

WRONG_INPUT, FAULT = 2, 70
PACKAGE = Path(__file__).parents[1]

app = App(
    name="bayespool",
    version=__version__,
    help="Bayesian meta-analysis of diagnostic accuracy and outcome associations.",
    result_action="return_value",
    suppress_keyboard_interrupt=False,
    default_parameter=Parameter(negative=()),
)
for command in (
    accuracy, association, check, report, summary_of_findings, judgement_form, datasets,
):  # fmt: skip
    app.command(command)
app.command(open_page, name="app")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and exit with its code."""
    from bayespool.studies import TableError

    try:
        code = app(arguments, exit_on_error=False, print_error=False)
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except CycloptsError as error:
        print(f"bayespool: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(WRONG_INPUT)
    except BrokenPipeError:  # whoever read the output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(DONE)
    except (TableError, ValueError, OSError) as error:
        print(error if _meant(error) else _of_the_system(error), file=sys.stderr)
        sys.exit(WRONG_INPUT)
    except Exception:
        _confess()
    sys.exit(code if isinstance(code, int) else DONE)


def _meant(error: Exception) -> bool:
    """It was raised in words by this package, and did not come out of a computation."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None:
        return False
    file = last.tb_frame.f_code.co_filename
    line = linecache.getline(file, last.tb_lineno).strip()
    return Path(file).is_relative_to(PACKAGE) and line.startswith("raise ")


def _of_the_system(error: Exception) -> str:
    """A full disk, a folder that is not there, in a line; what is no such thing is our fault."""
    if not isinstance(error, OSError):
        _confess()
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}; nothing was changed"


def _confess() -> NoReturn:
    """The traceback of a fault of our own, and what to do with it."""
    traceback.print_exc()
    print(
        "This is a fault of bayespool, not of the table: please report it with the lines above, "
        "the command and, if it may be shown, the table.",
        file=sys.stderr,
    )
    sys.exit(FAULT)

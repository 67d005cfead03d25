"""The same analysis as a command and as a script, which give the same numbers to the last digit."""

from __future__ import annotations

import ast
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from bayespool import empirical, priors
from bayespool.app.asked import ACCURACY, Asked
from bayespool.app.prepared import Prepared
from bayespool.fitting import DEFAULT_SEED
from bayespool.report.request import FORMATS, Request
from bayespool.studies.problems import printable

JUDGEMENTS, REPORT = "judgements.toml", "report"
_PACKAGES = ("bayespool.accuracy", "bayespool.association")


def command(asked: Asked, file: str) -> str:
    """What to type in a terminal, beside the table.

    Parameters
    ----------
    asked
        What is asked.
    file
        Name of the table.
    """
    kind = "accuracy" if asked.measure == ACCURACY else "association"
    words = ["bayespool", kind, file, *_of_model(asked), *_of_reading(asked)]
    words += _of_request(asked.request)
    if asked.engine != "auto":
        words += ["--engine", asked.engine]
    if asked.seed != DEFAULT_SEED:
        words += ["--seed", str(asked.seed)]
    return shlex.join([*words, "--out", REPORT])


def _of_model(asked: Asked) -> Iterator[str]:
    if asked.measure:
        yield from ("--measure", asked.measure)
    plain = Asked()
    for name in ("model", "by", "test", "correlation", "link", "marker"):
        if getattr(asked, name) != getattr(plain, name):
            yield from (f"--{name}", str(getattr(asked, name)))
    for name in ("shared", "indirect", "robust", "low_risk_only", "bridge"):
        if getattr(asked, name):
            yield f"--{name.replace('_', '-')}"
    for name in ("covariate", "covariate_on"):
        for value in getattr(asked, name):
            yield from (f"--{name.replace('_', '-')}", value)
    for name, call in asked.priors:
        yield from ("--prior", f"{name}={call}")


def _of_reading(asked: Asked) -> Iterator[str]:
    for name in ("sheet", "comparison", "outcome"):
        if getattr(asked, name) is not None:
            yield from (f"--{name}", getattr(asked, name))
    for role, column in asked.column_map:
        yield from ("--map", f"{role}={column}")
    for label in asked.keep_rows:
        yield from ("--keep-row", label)


def _of_request(request: Request) -> Iterator[str]:
    for name in ("title", "question", "mid"):
        if getattr(request, name) is not None:
            yield from (f"--{name}", str(getattr(request, name)))
    for value in request.prevalences or ():
        yield from ("--prevalence", repr(value))
    for risk in request.baseline_risks:
        yield from ("--baseline-risk", repr(risk))
    for name, cuts in (request.thresholds or {}).items():
        yield from ("--threshold", f"{name}={','.join(map(repr, cuts))}")
    if request.judgements is not None:
        yield from ("--judgements", JUDGEMENTS)
    if request.order != "input":
        yield from ("--order", request.order)
    if request.formats != FORMATS:
        yield from ("--formats", ",".join(request.formats) or "none")
    if request.bias.kind != "none":
        yield from ("--bias", request.bias.kind)
    for prior in request.bias.priors:
        yield from ("--bias-prior", prior)
    for cut in request.bias.cuts:
        yield from ("--bias-cut", repr(cut))


def script(prepared: Prepared, asked: Asked, file: str) -> str:
    """A Python script to run beside the table; it writes the report.

    Parameters
    ----------
    prepared
        The model with all its priors, which the script spells out.
    asked
        What is asked.
    file
        Name of the table.
    """
    call = ast.parse(repr(prepared.model), mode="eval").body
    imports = ["import bayespool as bp", *_imports(call, type(prepared.model).__module__)]
    if asked.low_risk_only:
        imports.append("from bayespool.guideline.bias import low_risk_only")
    lines = [
        f'"""{_title(asked, file)}', "",
        f"Run it in the folder of {_safe(file)}; it writes the folder {REPORT}.", '"""', "",
        *imports, "", "",
        "def main() -> None:",
        *(f"    {line}" for line in _reading(prepared, asked, file)),
        *(f"    {line}" for line in _called("model = ", call)),
        "    bp.make_report(", "        model,", "        studies,", f"        {REPORT!r},",
        *(f"        {name}={value!r}," for name, value in _words(asked).items()),
        "    )", "", "",
        'if __name__ == "__main__":', "    bp.run(main)",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _title(asked: Asked, file: str) -> str:
    return _safe(asked.request.title or f"The analysis of {file}.")


def _safe(text: str) -> str:
    """Text for a docstring."""
    return printable(" ".join(text.split())).replace("\\", "/").replace('"', "'")


def _reading(prepared: Prepared, asked: Asked, file: str) -> Iterator[str]:
    given = {name: value for name, value in asked.reading.items() if value}
    named = "".join(f", {name}={value!r}" for name, value in given.items())
    if asked.measure == ACCURACY:
        yield f"studies = bp.AccuracyStudies.from_table({file!r}{named})"
        if asked.low_risk_only:
            yield "studies = low_risk_only(studies)"
        return
    bridge = ", bridge=True" * asked.bridge
    yield f"studies = bp.studies.read_studies({file!r}, {asked.measure!r}{bridge}{named})"
    if prepared.studies is not prepared.found:
        yield f"studies = studies.as_effects({asked.measure!r})"


def _called(before: str, call: ast.expr) -> Iterator[str]:
    """A call with an argument a line."""
    assert isinstance(call, ast.Call)
    yield f"{before}{ast.unparse(call.func)}("
    yield from (f"    {ast.unparse(item)}," for item in call.args)
    yield from (f"    {item.arg}={ast.unparse(item.value)}," for item in call.keywords)
    yield ")"


def _imports(call: ast.expr, module: str) -> list[str]:
    """Import statements for every name that is called."""
    names = {
        node.func.id for node in ast.walk(call)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }  # fmt: skip
    homes: dict[str, list[str]] = {}
    for name in sorted(names):
        if hasattr(priors, name):
            home = "bayespool.priors"
        elif name in priors.EMPIRICAL_NAMES:
            home = empirical.__name__
        else:
            home = next((package for package in _PACKAGES if module.startswith(package)), module)
        homes.setdefault(home, []).append(name)
    return [f"from {home} import {', '.join(found)}" for home, found in sorted(homes.items())]


def _words(asked: Asked) -> Mapping[str, Any]:
    """What ``make_report`` is told beside the model and the studies; no defaults but the seed."""
    request = asked.request
    words: dict[str, Any] = {"engine": asked.engine, "seed": asked.seed}
    for name in ("title", "question", "prevalences", "mid", "baseline_risks", "thresholds"):
        if getattr(request, name) not in (None, ()):
            words[name] = getattr(request, name)
    if request.judgements is not None:
        words["judgements"] = JUDGEMENTS
    for name, default in (("order", "input"), ("formats", FORMATS)):
        if getattr(request, name) != default:
            words[name] = getattr(request, name)
    if request.bias.kind != "none":
        words["bias"] = request.bias
    return words

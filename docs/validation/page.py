"""``../validation.md`` from the kept results of validation and benchmarks."""

from __future__ import annotations

import csv
import json
from math import exp
from pathlib import Path
from textwrap import fill

from selection_page import section

HERE = Path(__file__).resolve().parent

TEXT = """# Validation

Rendered by `uv run docs/validation/page.py` from kept results; no number in the tables is typed
by hand.

## The bivariate model, both engines, eleven tables

The reference posteriors were computed by an independent sampler (Stan or JAGS, 32,000 to 160,000
draws) with the default priors. For each table: the largest difference of any posterior mean in
combined Monte Carlo standard errors, and the largest difference of any end of a 95 % interval in
posterior standard deviations. Twelve estimands per table, so one or two differences above 2
combined errors are expected; above 4 would be a fault.

| table | studies | quadrature: means | ends | NUTS: means | ends | engines compared: means |
|---|---|---|---|---|---|---|
{rows}

Quadrature with an effective sample size of {ess:,}; NUTS with 4 chains of 20,000 draws. The
reference's own interval ends are uncertain by up to 0.07 SD where its draws are worth 5,000
independent ones.

Log likelihoods at the published maxima, the densities of PyMC and of the integrator against one
another, and the association models against bayesmeta, metafor and RoBMA are tests: see
`tests/engines`, `tests/accuracy` and `tests/association`.

## The accuracy family: what is simulated is recovered

Simulation-based calibration by `uv run docs/validation/accuracy_family.py`: parameters drawn from
the default priors, tables of 8 to 16 studies drawn from the model, each fitted by quadrature. The
share of posterior draws below the truth is uniform if model, integrator and sampler agree. The
smallest p value of a Kolmogorov-Smirnov test over the hyperparameters is to be read against their
number: of ten parameters one below 0.1 is expected. "Held" is the share of intervals that hold the
truth, over all parameters; "failed" counts fits whose self-check said no.
The HSROC fits that failed are of tables drawn with extreme shapes (factors of 6 between the scales
of the two margins) or with almost no negative result; `engine="auto"` goes to NUTS there.

| model | tables | parameters | smallest p | 95 % held | 50 % held | failed | seconds a fit |
|---|---|---|---|---|---|---|---|
{family}

## The accuracy family: both engines

Real tables by both engines, default priors (`uv run docs/validation/accuracy_engines.py`):
the largest difference of a mean in combined Monte Carlo standard errors, and of an interval end in
posterior standard deviations.

| model | table | estimands | means | ends |
|---|---|---|---|---|
{engines}

## Several modes

By `uv run docs/validation/several_modes.py`: odds ratios of which some are told by a P value
without a direction have posteriors of two modes. {modes_words}

## Writers that are ended

By `uv run docs/validation/kills.py`.
{kills_words}

## Partial evidence: what it is worth

By `uv run docs/validation/partial_evidence.py`: complete tables are simulated from a fixed truth,
reduced, and pooled again by quadrature with the default priors. In accuracy every second study is
reduced to whole percentages, with the sizes of the groups, or to the diseased alone. In association
every study that is not significant by a Wald test is reduced to "not significant" and its number of
events, with the sizes of both groups, with their sum and a range of one of them, or with their sum
alone; what is lost thus depends on the outcome. "Dropped" leaves the reduced studies out; "ns as
zero" enters them as no effect with the standard error of their design, as is often done. Monte
Carlo errors are in brackets; "shift" is the difference of the posterior mean from that of the
complete tables, replicate by replicate; "failed" counts self-checks that said no (`engine="auto"`
goes to NUTS there).

{partial_words}

| simulated | analysis | of | fitted | bias | shift | 95 % held | 50 % held | width | failed |
|---|---|---|---|---|---|---|---|---|---|
{partial}

## Few studies: what the default priors do to a good test

By `uv run docs/validation/few_studies.py`: reviews of a test with a sensitivity of 85 % and a
specificity of 90 % (standard deviations between studies 0.7, correlation -0.4; 10 to 40 people a
group), pooled by `Bivariate` with the default prior of the pooled values, `Normal(0, 1.5)` on the
logit scale, and with `Normal(0, 3)`. Bias is that of the posterior median; "above" and "below" are
the shares of 95 % intervals that the truth lies above and below of. Monte Carlo errors are in
brackets.

{few_words}

| studies | prior | quantity | reviews | failed | bias | 95 % held | truth above | truth below |
|---|---|---|---|---|---|---|---|---|
{few}

## Rare events: trials without any

By `uv run docs/validation/empty_trials.py`: trials with rare events and groups of unequal size, no
effect (in one case an odds ratio of 2), pooled for the log odds ratio. "Exact" is the conditional
likelihood of `BinomialNormal`, in which a trial without an event says nothing of the odds ratio;
"exact, risk ratio" is the same model of risks; "uniform midpoint" gives every trial a risk midway
between its groups that is uniform from 0 to 1; "1/2 added" pools estimates with 1/2 in the cells of
every trial with a zero. Beside them `metafor::rma.glmm` by maximum likelihood, the exact one
(CM.EL, some ten seconds a fit) and the approximate one (CM.AL); fits that ended in an error are
missing from "fitted". "Below" and "above" are the shares of 95 % intervals that lie below and above
the truth. Monte Carlo errors are in brackets.

{empty_words}

| case | without events | analysis | fitted | bias | 95 % held | below | above | width |
|---|---|---|---|---|---|---|---|---|
{empty}

{selection}

## The accuracy family: published results

Tests hold the models to the worked examples of the Cochrane Handbook for DTA, chapter 9
(`tests/accuracy/test_handbook.py`). What the Handbook prints as maximum likelihood is the maximum
of the Laplace approximation: with one quadrature node our maximum agrees to 0.001 (anti-CCP by
generation, rheumatoid factor HSROC), and with enough nodes variances are up to 0.01 larger. In the
comparison of CT and MRI (example 3) coefficients agree to 0.002; the printed variances (0.875 and
0.845) lie between ours with one to three nodes (0.85 to 0.89 and 0.84 to 0.85), and the exact ones
are 0.890 and 0.864. Taking the five studies with both tests for ten, the difference of logit
sensitivities would be 1.39 and not 1.30: the shared study effect is what the Handbook fitted.

## Speed

{speed}

What is missed, and what bounds it. A warm bivariate fit spends two fifths of its time on the final
draws; most of the rest is what makes it right (several starts, an independent tempered sample), at
which the peers of its rows do not look. A cold process spends most of its time on importing NumPy,
`scipy.special` and the parser of the command line. Of 5,000 studies about half is the independent
sample. Scrambled Sobol points in the place of random ones in the final draws were tried on that
model (4,096 draws, 40 repetitions): variances of posterior means were 4 to 11 times smaller where
studies are integrated by nodes, and 2 to 6 times with four points a study. They are not used:
the error of every number comes from its draws, and would have to come from replicates.

Every model on a table of its own at an effective sample size of 4,000, warm, by
`uv run benchmarks/models.py` in one run; "points" are those of studies with several results or with
Student t effects, and of whatever is cheaper that way ([statistics](statistics.md)).

| work | table | rows | seconds | aim | nodes | points |
|---|---|---|---|---|---|---|
{models}
"""


def render() -> None:
    """``validation.md`` from the kept results."""
    with (HERE / "bivariate.csv").open(newline="") as file:
        results = list(csv.DictReader(file))
    lines = []
    for dataset in dict.fromkeys(row["dataset"] for row in results):
        rows = [row for row in results if row["dataset"] == dataset]

        def largest(column: str, rows: list[dict[str, str]] = rows) -> str:
            return f"{max(abs(float(row[column])) for row in rows):.2f}"

        cells = [largest(c) for c in ("quadrature_z", "quadrature_ends_sd", "nuts_z",
                                      "nuts_ends_sd", "engines_z")]  # fmt: skip
        lines.append(f"| {dataset} | {rows[0]['studies']} | {' | '.join(cells)} |")
    page = TEXT.format(
        rows="\n".join(lines),
        ess=60_000,
        speed=speed(),
        family=family(),
        engines=engines(),
        modes_words=modes_words(),
        kills_words=kills_words(),
        models=models(),
        partial=partial(),
        partial_words=partial_words(),
        few=few(),
        few_words=few_words(),
        empty=empty(),
        empty_words=empty_words(),
        selection=section(),
    )
    (HERE.parent / "validation.md").write_text(page, encoding="utf-8")


def family() -> str:
    """The kept calibration of the accuracy models as rows of a table."""
    with (HERE / "accuracy_family.csv").open(newline="") as file:
        results = list(csv.DictReader(file))
    lines = []
    for model in dict.fromkeys(row["model"] for row in results):
        rows = [row for row in results if row["model"] == model]
        held = [
            f"{100 * sum(float(row[name]) for row in rows) / len(rows):.1f} %"
            for name in ("coverage_95", "coverage_50")
        ]
        smallest = min(float(row["ks_p"]) for row in rows)
        cells = (model, rows[0]["tables"], len(rows), f"{smallest:.2g}", *held,
                 rows[0]["failed"], rows[0]["seconds"])  # fmt: skip
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def engines() -> str:
    """The kept comparison of engines as rows of a table."""
    with (HERE / "accuracy_engines.csv").open(newline="") as file:
        results = list(csv.DictReader(file))
    lines = []
    for model in dict.fromkeys(row["model"] for row in results):
        rows = [row for row in results if row["model"] == model]
        largest = [max(abs(float(row[name])) for row in rows) for name in ("z", "ends_sd")]
        cells = (model, rows[0]["table"], len(rows), *(f"{value:.2f}" for value in largest))
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def partial_results() -> list[dict[str, str]]:
    """The kept simulation of partial evidence."""
    with (HERE / "partial_evidence.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def partial() -> str:
    """Partial evidence as rows of a table; after each number its error."""
    lines = []
    for row in partial_results():
        cells = (
            row["case"],
            row["analysis"],
            row["estimand"].replace("_", " "),
            f"{row['fitted']} of {row['replicates']}",
            _with_error(row, "bias", "+.2f"),
            "" if row["analysis"] == "complete" else _with_error(row, "shift", "+.2f"),
            _with_error(row, "coverage_95", ".0f", 100),
            _with_error(row, "coverage_50", ".0f", 100),
            _with_error(row, "width", ".2f"),
            row["failed"],
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def partial_words() -> str:
    """What the table of partial evidence says, with its own numbers."""
    rows = {
        row["analysis"]: row for row in partial_results() if row["case"] == "normal, mu = log 2"
    }

    def told(name: str, column: str, times: float = 1) -> float:
        return times * float(rows[name][column])

    kept, dropped, zero, split = "ns, n1 and n2", "dropped", "ns as zero", "ns, n"
    return fill(
        "With partial rows 95 % intervals hold the truth; they are wider than those of complete "
        "tables and, of what the rows tell of, narrower than without these. "
        f"Of an odds ratio of {exp(told(kept, 'truth')):.0f}, dropping "
        "what is not significant overestimates the logarithm by "
        f"{told(dropped, 'bias'):.2f}, and its 95 % intervals hold the truth in "
        f"{told(dropped, 'coverage_95', 100):.0f} %; entering it as zero is off by "
        f"{told(zero, 'bias'):+.2f}; keeping it as a statement is off by "
        f"{told(kept, 'bias'):+.2f} and holds in {told(kept, 'coverage_95', 100):.0f} %. Of a "
        "total without its split every split is taken as equally likely; the simulated ones are "
        f"more even, so that the statement says too little ({told(split, 'bias'):+.2f}): a range "
        "of one group's size, where it is known, mends that. From overall accuracy alone "
        "sensitivity and specificity are drawn towards each other, as little tells them apart.",
        width=100,
    )


def few_results() -> list[dict[str, str]]:
    """The kept simulation of few studies."""
    with (HERE / "few_studies.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def few() -> str:
    """Few studies as rows of a table; after each number its error."""
    lines = []
    for row in few_results():
        cells = (
            row["studies"], f"`{row['prior']}`", row["estimand"], row["replicates"], row["failed"],
            _with_error(row, "bias", "+.2f"), _with_error(row, "coverage", ".0f", 100),
            f"{100 * float(row['truth_above']):.0f}", f"{100 * float(row['truth_below']):.0f}",
        )  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def few_words() -> str:
    """What the table of few studies says, with its own numbers."""
    found = {(row["studies"], row["prior"], row["estimand"]): row for row in few_results()}

    def told(k: int, prior: str, column: str, estimand: str = "logit specificity") -> float:
        return float(found[str(k), prior, estimand][column])

    default, wide = "Normal(0, 1.5)", "Normal(0, 3)"
    biases = listed([f"{told(k, default, 'bias'):+.2f} in {k}" for k in (5, 10, 30)])
    wider = listed([f"{told(k, wide, 'bias'):+.2f}" for k in (5, 10, 30)])
    above, below = (100 * told(10, default, f"truth_{side}") for side in ("above", "below"))
    low = 100 * (1 - exp(told(5, default, "bias", "log diagnostic odds ratio")))
    return fill(
        "The default prior is centred on a useless test, and pulls a good one towards it: the "
        f"logit of specificity is off by {biases} studies, and in 5 the diagnostic odds ratio "
        f"comes out {low:.0f} % too low. 95 % intervals hold the truth about as often as they "
        "should; where they miss, the truth is mostly better than they say (in 10 studies "
        f"{above:.0f} % above and {below:.0f} % below). With `{wide}` the bias is {wider}. The "
        "correlation stays near its prior unless there are many studies.",
        width=100,
    )


def empty_results() -> list[dict[str, str]]:
    """The kept simulation of rare events."""
    with (HERE / "empty_trials.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def empty() -> str:
    """Rare events as rows of a table; after each number its error."""
    lines = []
    for row in empty_results():
        cells = (
            row["case"], f"{100 * float(row['without_events']):.0f} %", row["analysis"],
            f"{row['fitted']} of {row['replicates']}", _with_error(row, "bias", "+.2f"),
            _with_error(row, "coverage_95", ".0f", 100),
            f"{100 * float(row['missed_below']):.0f}", f"{100 * float(row['missed_above']):.0f}",
            _with_error(row, "width", ".2f"),
        )  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def empty_words() -> str:
    """What the table of rare events says, with its own numbers."""
    found = {(row["case"], row["analysis"]): row for row in empty_results()}
    case = "20 trials, 3:1, risk 0.2 %"

    def told(analysis: str, column: str) -> float:
        return float(found[case, analysis][column])

    exact, midpoint, half = "exact", "uniform midpoint", "1/2 added"
    return fill(
        f"In the case with the rarest events ({case}) {100 * told(exact, 'without_events'):.0f} % "
        f"of the trials have none. A uniform midpoint takes them for an effect: bias "
        f"{told(midpoint, 'bias'):+.2f}, and 95 % intervals that hold the truth in "
        f"{100 * told(midpoint, 'coverage_95'):.0f} % of the reviews; with 1/2 added the bias is "
        f"{told(half, 'bias'):+.2f} and they hold it in {100 * told(half, 'coverage_95'):.0f} %. "
        f"The conditional likelihood has a bias of {told(exact, 'bias'):+.2f} and holds it in "
        f"{100 * told(exact, 'coverage_95'):.0f} %.",
        width=100,
    )


def listed(parts: list[str]) -> str:
    """``a, b and c``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]])


def _with_error(row: dict[str, str], name: str, form: str, times: float = 1) -> str:
    value, error = (times * float(row[key]) for key in (name, f"{name}_error"))
    return f"{value:{form}} ({error:{form.lstrip('+')}})"


def modes_words() -> str:
    """What the kept fits of several modes say, beside brute force."""
    with (HERE / "several_modes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    tables = {row["table"] for row in rows}
    found = sum(int(row["modes"]) > 1 for row in rows)
    said = sum(int(row["said"]) for row in rows)
    worst = max(abs(float(row["z"])) for row in rows)
    ends = max(abs(float(row[name])) for row in rows for name in ("lower_off", "upper_off"))
    return fill(
        f"{len(rows)} fits of {len(tables)} such tables, the first with "
        f"{len(rows) - len(tables) + 1} seeds: in {found} several modes were found, {said} failed "
        "their self-check. "
        "P(mu > 0) differs from that of a brute-force grid by at most "
        f"{worst:.1f} Monte Carlo errors, an end of the 95 % interval by at most {ends:.2f} "
        "posterior SDs.",
        width=100,
    )


def kills_words() -> str:
    """How many writers were ended, and what was found afterwards."""
    with (HERE / "kills.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    moments, old, new, neither = (
        sum(int(row[key]) for row in rows) for key in ("moments", "old", "new", "neither")
    )
    return fill(
        f"{moments} writers of reports, saved fits and tables were killed, terminated, interrupted "
        f"or had a full disk at random moments. Afterwards the old was there {old} times and the "
        f"new {new} times, whole; something else {neither} times.",
        width=100,
    )


def models() -> str:
    """The kept seconds of every model as rows of a table."""
    with (HERE.parents[1] / "benchmarks" / "models.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return "\n".join(
        f"| {row['work']} | {row['table']} | {row['rows']} | {float(row['seconds']):.2f} | "
        f"{row['aim']} | {row['nodes']} | {row['points']} |"
        for row in rows
    )


def speed() -> str:
    """The kept benchmark as tables, with its aims."""
    kept = json.loads((HERE.parents[1] / "benchmarks" / "results.json").read_text())
    lines = [
        "Measured by `uv run benchmarks/run.py`, everything in one run on one machine "
        f"({kept['machine']}); only ratios mean anything.",
        "",
        "| work | ours | peer | peer's time | peer / ours | aim |",
        "|---|---|---|---|---|---|",
    ]
    for row in kept["rows"]:
        peer, ratio = row["peer_seconds"], row["peer_over_ours"]
        told = ("skipped", "skipped") if peer is None else (f"{peer:.3g} s", f"{ratio:.1f}x")
        lines.append(
            f"| {row['work']} | {row['ours_seconds']:.3g} s | {row['peer']} | {told[0]} | "
            f"{told[1]} | {row['aim']} |"
        )
    lines += ["", "| studies | seconds | ms per study | nodes | peak memory, MiB |",
              "|---|---|---|---|---|"]  # fmt: skip
    for row in kept["scaling"]:
        lines.append(
            f"| {row['studies']} | {row['seconds']:.2f} | {row['milliseconds_per_study']:.1f} | "
            f"{row['nodes']} | {row['peak_mebibytes']:.0f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    render()

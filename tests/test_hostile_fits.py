"""Fits, refits and requests from a bad disk or a stranger: one line, or the same numbers."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from command import run

import bayespool as bp
from bayespool.checks.leave_one_out import refit_without_each
from bayespool.report import write_report
from bayespool.report.kept import kept
from bayespool.storage import load, load_series
from bayespool.storage.sealed import LENGTH, seal

N = 400
STUDIES = bp.AccuracyStudies.from_counts(
    ["A", "B", "C"], [9, 14, 20], [1, 3, 2], [2, 3, 6], [12, 30, 22], year=[2001, 2002, 2003]
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    fitted = bp.fit(bp.accuracy.Bivariate(), STUDIES, engine="quadrature", ess=N)
    return write_report(
        fitted, tmp_path_factory.mktemp("hostile") / "report", formats=(), prevalences=(0.1,),
        leave_one_out=refit_without_each(fitted, ess=N),
    )  # fmt: skip


@pytest.fixture
def copy(report: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(report, tmp_path / "report"))


def refused(call: Callable[[], Any]) -> str:
    with pytest.raises(ValueError) as caught:
        call()
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 900
    assert "allowed" in message
    return message


def test_damage_is_refused_whatever_it_hits(report: Path, tmp_path: Path) -> None:
    """Bytes that flip, ends that are missing, pieces that are zero: 400 of the fit, 200 refits."""
    fitted = load(report / "posterior.nc")
    for name, count, read in (
        ("posterior.nc", 400, load),
        ("refits.nc", 200, lambda path: load_series(path, fitted)),
    ):  # fmt: skip
        whole, target = (report / name).read_bytes(), tmp_path / name
        for number in range(count):
            rng, damaged = random.Random(number), bytearray(whole)
            at = rng.randrange(len(damaged))
            if number % 4 == 0:
                del damaged[at:]
            elif number % 4 == 1:
                damaged[at : at + 512] = bytes(len(damaged[at : at + 512]))
            else:
                damaged[at] ^= 1 << rng.randrange(8)
            target.write_bytes(damaged)
            if damaged != whole:
                refused(lambda read=read, target=target: read(target))  # type: ignore[misc]


def test_damage_behind_a_right_checksum_is_refused_or_read(report: Path, tmp_path: Path) -> None:
    """Whoever computes the checksum anew: no exception but a refusal."""
    whole, target = (report / "posterior.nc").read_bytes(), tmp_path / "posterior.nc"
    outcomes = set()
    for number in range(150):
        rng, damaged = random.Random(number), bytearray(whole)
        for _ in range(rng.choice((1, 2, 8))):
            damaged[rng.randrange(min(len(whole) - LENGTH, 20_000))] = rng.randrange(256)
        target.write_bytes(damaged)
        seal(target)
        try:
            load(target)
            outcomes.add("read")
        except ValueError:
            refused(lambda: load(target))
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


def attribute(name: str, value: Any) -> Callable[[h5py.File], None]:
    def edit(file: h5py.File) -> None:
        file.attrs[name] = value

    return edit


def without(name: str) -> Callable[[h5py.File], None]:
    def edit(file: h5py.File) -> None:
        if name in file.attrs:
            del file.attrs[name]
        else:
            del file[name]

    return edit


def studies(**changes: Any) -> Callable[[h5py.File], None]:
    def edit(file: h5py.File) -> None:
        record = json.loads(file.attrs["studies"]) | changes
        file.attrs["studies"] = json.dumps(record)

    return edit


def info(**changes: Any) -> Callable[[h5py.File], None]:
    def edit(file: h5py.File) -> None:
        file.attrs["info"] = json.dumps(json.loads(file.attrs["info"]) | changes)

    return edit


def values(name: str, change: Callable[[np.ndarray], Any]) -> Callable[[h5py.File], None]:
    def edit(file: h5py.File) -> None:
        changed = change(file[name][()])
        del file[name]
        file[name] = changed

    return edit


def soft_link(file: h5py.File) -> None:
    del file["posterior/tau_sens"]
    file["posterior/tau_sens"] = h5py.SoftLink("/posterior/tau_spec")


def external_link(file: h5py.File) -> None:
    del file["posterior/tau_sens"]
    file["posterior/tau_sens"] = h5py.ExternalLink("other.h5", "/x")


def external_storage(file: h5py.File) -> None:
    shape = file["posterior/tau_sens"].shape
    elsewhere = Path(file.filename).with_name("secret.bin")
    elsewhere.write_bytes(np.full(shape, 0.5).tobytes())
    del file["posterior/tau_sens"]
    file["posterior"].create_dataset(
        "tau_sens", shape, "f8", external=[(str(elsewhere), 0, h5py.h5f.UNLIMITED)]
    )


def virtual(file: h5py.File) -> None:
    shape = file["posterior/tau_sens"].shape
    layout = h5py.VirtualLayout(shape=shape, dtype="f8")
    layout[:] = h5py.VirtualSource(file.filename, "posterior/tau_spec", shape=shape)
    del file["posterior/tau_sens"]
    file["posterior"].create_virtual_dataset("tau_sens", layout)


def terabytes(file: h5py.File) -> None:
    del file["posterior/tau_sens"]
    file["posterior"].create_dataset("tau_sens", (10**6, 10**6), "f8")


def terabytes_of_statistics(file: h5py.File) -> None:
    file["sample_stats"].create_dataset("x", (10**6, 10**6), "f8", chunks=(1000, 1000))


def never_written(file: h5py.File) -> None:
    shape = file["posterior/tau_sens"].shape
    del file["posterior/tau_sens"]
    file["posterior"].create_dataset("tau_sens", shape, "f8")


def loop(file: h5py.File) -> None:
    del file["posterior"]
    file["posterior"] = file["/"]


def reference(file: h5py.File) -> None:
    shape = file["posterior/tau_sens"].shape
    del file["posterior/tau_sens"]
    file["posterior"].create_dataset("tau_sens", shape, h5py.ref_dtype)


DEEP = "(" * 5_000
EDITS: dict[str, Callable[[h5py.File], None]] = {
    "no_format": without("format"),
    "format": attribute("format", "something"),
    "model_empty": attribute("model", ""),
    "model_deep": attribute("model", f"Bivariate(sens={DEEP}"),
    "model_minus": attribute("model", f"Bivariate(sens={'-' * 5_000}1)"),
    "model_lists": attribute("model", f"Bivariate(link={'[' * 90}{']' * 90})"),
    "model_import": attribute("model", "Bivariate(sens=__import__('os').system('true'))"),
    "model_word": attribute("model", "Bivariate(foo=1)"),
    "model_stars": attribute("model", "Bivariate(**{'link': 'logit'})"),
    "model_twice": attribute("model", "Bivariate(link='logit', link='probit')"),
    "model_positional": attribute("model", "Bivariate(Normal(0, 1))"),
    "model_prior_text": attribute("model", "Bivariate(sens='x')"),
    "model_prior_none": attribute("model", "Bivariate(sens=None)"),
    "model_link_number": attribute("model", "Bivariate(link=3)"),
    "model_of_effects": attribute("model", "NormalNormal()"),
    "model_regression": attribute("model", "MetaRegression(covariates=('nothing',))"),
    "model_covariates": attribute("model", "MetaRegression(covariates=(1, 2))"),
    "model_number": attribute("model", 3),
    "model_list": attribute("model", ["a", "b"]),
    "model_infinite": attribute("model", "Bivariate(sens=Normal(0, 1e999))"),
    **{f"no_{name}": without(name) for name in (
        "model", "engine", "seed", "versions", "info", "messages", "failures", "studies",
        "effects", "posterior", "sample_stats", "posterior/tau_sens", "posterior/rho",
    )},
    "studies_list": attribute("studies", "[]"),
    "studies_deep": attribute("studies", "[" * 100_000),
    "studies_no_json": attribute("studies", "{"),
    "studies_twice": attribute("studies", '{"kind": "AccuracyStudies", "kind": "Effects"}'),
    "kind_number": studies(kind=3),
    "kind_module": studies(kind="accuracy"),
    "kind_function": studies(kind="read_table"),
    "kind_error": studies(kind="TableError"),
    "kind_dunder": studies(kind="__loader__"),
    "kind_other": studies(kind="ArmCounts"),
    "kind_base": studies(kind="Rows"),
    "tp_fraction": studies(tp=[9.5, 14, 20]),
    "tp_below_zero": studies(tp=[-9, 14, 20]),
    "tp_huge": studies(tp=[10**30, 14, 20]),
    "tp_text": studies(tp=["9", 14, 20]),
    "tp_true": studies(tp=[True, 14, 20]),
    "tp_short": studies(tp=[9, 14]),
    "tp_nested": studies(tp=[[9], [14], [20]]),
    "unknown_field": studies(evil=1),
    "covariates_list": studies(covariates=["year"]),
    "covariates_nested": studies(covariates={"year": [[1], [2], [3]]}),
    "partial": studies(partial=[{"foo": 1}, None, None]),
    "same_rows": studies(row=["A", "A", "C"]),
    "no_rows": studies(row=[], study=[], tp=[], fp=[], fn=[], tn=[], covariates={}, partial=[]),
    "whole": attribute("whole", "{}"),
    "nodes": info(nodes=10**9),
    "points": info(points=10**9),
    "nodes_text": info(nodes="15"),
    "grid": info(path="grid", grid_error=0.0, n_evaluated=1, log_marginal_likelihood=0.0,
                 log_marginal_likelihood_mcse=0.0),
    "info_list": attribute("info", "[]"),
    "info_empty": attribute("info", "{}"),
    "engine_unknown": attribute("engine", "evil"),
    "engine_nuts": attribute("engine", "nuts"),
    "engine_number": attribute("engine", 1),
    "seed_below_zero": attribute("seed", -1),
    "seed_text": attribute("seed", "1"),
    "versions_list": attribute("versions", "[]"),
    "messages_text": attribute("messages", '"a"'),
    "effects_drawn": attribute("effects", "as drawn elsewhere"),
    "agreement": attribute("agreement", '{"engine": "nuts", "seed": 1, "estimates": {"sens": 3}}'),
    "soft_link": soft_link,
    "external_link": external_link,
    "external_storage": external_storage,
    "virtual": virtual,
    "terabytes": terabytes,
    "terabytes_of_statistics": terabytes_of_statistics,
    "never_written": never_written,
    "loop": loop,
    "reference": reference,
    "negative_sd": values("posterior/tau_sens", lambda x: -x),
    "correlation_of_two": values("posterior/rho", lambda x: x + 2.0),
    "not_a_number": values("posterior/rho", lambda x: x * np.nan),
    "texts": values("posterior/tau_sens", lambda x: [["a"] * x.shape[1]] * x.shape[0]),
    "other_shape": values("posterior/tau_sens", lambda x: x[:, :-1]),
    "flat": values("posterior/tau_sens", lambda x: x.ravel()),
    "group_for_array": without("posterior/tau_sens"),
    "ancestor_below_zero": values("sample_stats/ancestor", lambda x: x.astype(int) - 10**6),
    "ancestor_fraction": values("sample_stats/ancestor", lambda x: x + 0.5),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_a_prepared_fit_is_refused(report: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / "posterior.nc"
    shutil.copy(report / "posterior.nc", path)
    with h5py.File(path, "a") as file:
        EDITS[name](file)
    seal(path)
    assert refused(lambda: load(path)).startswith("posterior.nc: ")


def test_an_edit_that_changes_nothing_is_read(report: Path, tmp_path: Path) -> None:
    path = tmp_path / "posterior.nc"
    shutil.copy(report / "posterior.nc", path)
    with h5py.File(path, "a") as file:
        file.attrs["note"] = "of another program"
    assert "checksum" in refused(lambda: load(path))
    seal(path)
    assert load(path).estimates == load(report / "posterior.nc").estimates


def record(**changes: Any) -> Callable[[h5py.File], None]:
    def edit(file: h5py.File) -> None:
        told = json.loads(file["leave_one_out/0/record"][()]) | changes
        del file["leave_one_out/0/record"]
        file["leave_one_out/0"].create_dataset("record", data=json.dumps(told))

    return edit


def bomb(file: h5py.File) -> None:
    record(shape=[4, 10**9])(file)


def packed_otherwise(file: h5py.File) -> None:
    group = file["leave_one_out/0/hyper"]
    values = group["tau_sens"][()]
    del group["tau_sens"]
    group.create_dataset("tau_sens", data=values, compression="lzf")


OF_REFITS: dict[str, Callable[[h5py.File], None]] = {
    "format": attribute("format", "bayespool-fit-1"),
    "rows_beyond": record(rows=[0, 99]),
    "rows_below_zero": record(rows=[-1]),
    "rows_twice": record(rows=[0, 0]),
    "rows_text": record(rows="0"),
    "shape": record(shape=[4]),
    "shape_zero": record(shape=[0, 0]),
    "bomb": bomb,
    "facts": record(facts={"study": 3}),
    "facts_list": record(facts=[]),
    "facts_more": record(facts={"study": "A", "elpd": 1.0, "refitted": True, "x": 1}),
    "model": record(model="import os"),
    "seed": record(seed="1"),
    "engine": record(engine="evil"),
    "info": record(info=[]),
    "messages": record(messages=[1]),
    "studies": record(rows=None, studies={"kind": "os"}),
    "coded": record(coded_by_the_whole="yes"),
    "no_record": without("leave_one_out/0/record"),
    "no_hyper": without("leave_one_out/0/hyper"),
    "no_copies": without("leave_one_out/0/copies"),
    "other_series": lambda file: file.move("leave_one_out", "evil"),
    "packed_otherwise": packed_otherwise,
    "negative_sd": values("leave_one_out/0/hyper/tau_sens", lambda x: -x),
}


@pytest.mark.parametrize("name", OF_REFITS)
def test_prepared_refits_are_refused(copy: Path, name: str) -> None:
    with h5py.File(copy / "refits.nc", "a") as file:
        OF_REFITS[name](file)
    seal(copy / "refits.nc")
    assert "refits.nc: " in refused(lambda: kept(copy / "posterior.nc"))


REQUESTS = {
    "empty": "", "list": "[]", "deep": "[" * 100_000, "unknown": '{"x": 1}', "number": "3",
    "title": '{"title": 3}', "prevalence": '{"prevalences": ["a"]}', "mid": '{"mid": [1]}',
    "risk": '{"baseline_risks": ["__import__(1)"]}', "twice": '{"title": "a", "title": "b"}',
    "judgements": '{"judgements": {"start": "high"}}',
    "judged": '{"judgements": {"start": "best", "domains": []}}',
    "domain": '{"judgements": {"start": "high", "domains": [{"domain": "x", "judgement": "serious",'
              ' "reason": ""}]}}',
    "formats": '{"formats": ["pdf"]}', "notes": '{"notes": "text"}',
    "thresholds": '{"thresholds": {"sens": 0.5}}', "comparators": '{"comparators": [1]}',
    "digits": '{"mid": ' + "9" * 5_000 + "}",
}  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
def test_a_wrong_request_is_refused(copy: Path, name: str) -> None:
    (copy / "request.json").write_text(REQUESTS[name], encoding="utf-8")
    assert refused(lambda: kept(copy / "posterior.nc")).startswith("request.json: ")


def test_a_request_of_other_bytes_is_refused(copy: Path) -> None:
    (copy / "request.json").write_bytes(b"\xff\xfe{}")
    assert refused(lambda: kept(copy / "posterior.nc")).startswith("request.json: ")


@pytest.mark.parametrize("file", ["posterior.nc", "refits.nc", "request.json"])
def test_the_command_says_it_in_a_line_and_changes_nothing(copy: Path, file: str) -> None:
    content = (copy / file).read_bytes()
    (copy / file).write_bytes(content[: len(content) // 2])
    before = {path.name: path.read_bytes() for path in copy.iterdir() if path.is_file()}
    done = run("report", str(copy), cwd=copy.parent)
    assert done.returncode == 2
    assert done.stdout == ""
    assert file in done.stderr.splitlines()[-1]
    assert {path.name: path.read_bytes() for path in copy.iterdir() if path.is_file()} == before

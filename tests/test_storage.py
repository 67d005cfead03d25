"""A fit as a file: the same fit when read again, and the groups of ArviZ for everybody else."""

from __future__ import annotations

import contextlib
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import arviz_plots
import arviz_stats
import h5py
import numpy as np
import pytest
import xarray as xr
from arviz_stats import loo
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import bayespool as bp
from bayespool.accuracy import NestedBivariate
from bayespool.association import NormalNormal
from bayespool.checks.leave_one_out import refit_without_each
from bayespool.checks.variants import other_rows
from bayespool.engines.draws import Draws
from bayespool.priors import Gamma
from bayespool.storage import load
from bayespool.storage.netcdf import Group, compact, write

GROUPS = {
    "prior", "prior_predictive", "log_prior", "posterior", "posterior_predictive", "log_likelihood",
    "sample_stats", "observed_data", "constant_data",
}  # fmt: skip
NESTED = bp.AccuracyStudies.from_counts(
    ["A", "B", "C", "C", "D/E", "F"], [9, 14, 20, 7, 11, 30], [1, 3, 2, 2, 1, 4],
    [2, 3, 6, 1, 4, 9], [12, 30, 22, 9, 41, 50],
    row=["A", "B", "C, 1", "C, 2", "D/E", "F"],
)  # fmt: skip


def drawn_by_the_engine() -> bp.Fit:
    """As NUTS hands it over: study effects and statistics of the sampler beside the draws."""
    model, rng = NestedBivariate(), np.random.default_rng(3)
    hierarchy = model.hierarchy(NESTED)
    theta = hierarchy.draw_prior(400, rng)
    u, w = hierarchy.effects(theta, rng)
    assert w is not None
    draws = Draws(
        "nuts", {n: x.reshape(4, 100) for n, x in hierarchy.natural(theta).items()},
        u.reshape(*u.shape[:2], 4, 100), w.reshape(*w.shape[:2], 4, 100),
        sample_stats={
            "diverging": rng.random((4, 100)) < 0.1, "energy": rng.normal(size=(4, 100)),
            "n_steps": rng.integers(1, 1_000, (4, 100)),
            "reached_max_treedepth": rng.random((4, 100)) < 0.01,
        },
        info={"sampler": "nutpie", "tune": 1_000, "target_accept": 0.9, "divergences": 3},
        messages=("A sentence.",), failures=("Another.",),
    )  # fmt: skip
    return bp.Fit(model, NESTED, draws, 7, {"bayespool": "0"})


@pytest.fixture(scope="module")
def fits(quadrature_fit: bp.Fit) -> dict[str, bp.Fit]:
    return {"quadrature": quadrature_fit, "nuts": drawn_by_the_engine()}


@pytest.fixture(scope="module")
def files(fits: dict[str, bp.Fit], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("fits")
    for name, fitted in fits.items():
        fitted.save(folder / f"{name}.nc")
    return {name: folder / f"{name}.nc" for name in fits}


@pytest.mark.parametrize("name", ["quadrature", "nuts"])
def test_a_fit_reads_back(fits: dict[str, bp.Fit], files: dict[str, Path], name: str) -> None:
    fitted, again = fits[name], bp.load(files[name])
    for what in ("hyper", "sample_stats"):
        before, after = getattr(fitted.draws, what), getattr(again.draws, what)
        assert set(before) == set(after)
        assert all(np.array_equal(after[key], values) for key, values in before.items())
    assert (fitted.draws.ancestor is None) == (again.draws.ancestor is None)
    assert again.estimates == fitted.estimates
    assert again.provenance == fitted.provenance
    assert again.draws.failures == fitted.draws.failures
    for part in ("effects", "log_likelihood", "predictive"):
        assert np.array_equal(getattr(again, part), getattr(fitted, part))
    for key, values in fitted.study_samples.items():
        assert np.array_equal(again.study_samples[key], values)
    if fitted.within is not None:
        assert np.array_equal(again.within, fitted.within)


@pytest.mark.parametrize("name", ["quadrature", "nuts"])
def test_the_file_is_the_tree(fits: dict[str, bp.Fit], files: dict[str, Path], name: str) -> None:
    tree = fits[name].tree
    with xr.open_datatree(files[name], engine="h5netcdf") as file:
        read = file.load()
    assert set(read.children) == set(tree.children) == GROUPS
    for group in GROUPS:
        ours, theirs = tree[group].to_dataset(), read[group].to_dataset()
        assert set(ours.variables) == set(theirs.variables)
        for key, values in ours.variables.items():
            assert values.dims == theirs[key].dims
            if values.dtype.kind in "OU":
                assert list(values.values) == list(theirs[key].values)
            elif values.dtype.kind == "b":
                assert np.array_equal(values.values, theirs[key].values)
            else:
                np.testing.assert_allclose(theirs[key].values, values.values, rtol=1.2e-7)
    assert read["posterior"]["sens"].dtype == np.float64
    assert read["posterior_predictive"]["tp"].dtype.kind == "i"


def test_arviz_finds_the_same_in_the_file(fits: dict[str, bp.Fit], files: dict[str, Path]) -> None:
    with (
        xr.open_datatree(files["quadrature"], engine="h5netcdf") as file,
        pytest.warns(UserWarning, match="Pareto"),  # one study of this table is influential
    ):
        ours, theirs = (
            loo(tree, var_name="studies", reff=1.0) for tree in (fits["quadrature"].tree, file)
        )
    assert theirs.elpd == pytest.approx(ours.elpd, abs=1e-4)


@pytest.mark.parametrize("name", ["resampled", "grid"])
def test_arviz_works_on_a_saved_fit(fits: dict[str, bp.Fit], tmp_path: Path, name: str) -> None:
    """Copies of draws are no independent draws, and a lattice has no order."""
    effects = bp.load_dataset("bcg").effects("rr")
    grid = bp.fit(NormalNormal(measure="rr"), effects, engine="quadrature")
    fitted = {"resampled": fits["quadrature"], "grid": grid}[name]
    fitted.save(tmp_path / "posterior.nc")
    with xr.open_datatree(tmp_path / "posterior.nc", engine="h5netcdf") as tree:
        names = list(fitted.draws.hyper)
        assert tree.posterior.sizes["chain"] == 4
        table = arviz_stats.summary(tree, var_names=names, round_to="none")
        own = fitted.draws.info.get("ess", np.inf)
        size = tree.posterior.sizes["chain"] * tree.posterior.sizes["draw"]
        assert (table["ess_bulk"] < 1.5 * min(own, size)).all()
        assert (table["ess_bulk"] > 0.5 * min(own, size)).all()
        assert (table["r_hat"] < 1.01).all()
        with contextlib.redirect_stdout(io.StringIO()):
            sensitivity = arviz_stats.psense_summary(tree, var_names=names)
        assert list(sensitivity.index) == names
        assert (sensitivity[["prior", "likelihood"]] > 0).all(axis=None)
        arviz_plots.plot_rank(tree, var_names=names, backend="none")
        if name == "grid":
            arviz_plots.plot_loo_pit(tree, var_names=["estimate"], backend="none")


def test_the_prior_of_a_file_is_the_prior(fits: dict[str, bp.Fit]) -> None:
    fitted = fits["quadrature"]
    found = fitted.tree["log_prior"]
    for name, prior in fitted.model.priors.items():
        expected = prior.logpdf(fitted.draws.hyper[name])
        difference = found[name].values - expected  # of a correlation without its constant
        np.testing.assert_allclose(difference, difference[0, 0], atol=1e-9)
        if name != "rho":
            assert abs(difference[0, 0]) < 1e-9


def test_a_saved_fit_is_small(fits: dict[str, bp.Fit], files: dict[str, Path]) -> None:
    tree = fits["quadrature"].tree
    full = sum(v.nbytes for group in tree.children.values() for v in group.data_vars.values())
    assert files["quadrature"].stat().st_size < 0.55 * full


@given(
    arrays(
        np.float64, st.integers(0, 20),
        elements=st.one_of(st.floats(), st.integers(-40_000, 10**6).map(float)),
    )
)  # fmt: skip
def test_compact_keeps_seven_digits_of_every_number(values: np.ndarray) -> None:
    with np.errstate(over="raise", invalid="raise"):
        small = compact(values)
    np.testing.assert_allclose(small.astype(float), values, rtol=6.1e-8)
    assert small.nbytes <= values.nbytes
    kept = np.array_equal(values, np.rint(values)) and (np.abs(values) < 2**31).all()
    assert not values.size or (small.dtype.kind == "i") == kept


def test_equal_values_make_equal_files(tmp_path: Path) -> None:
    values: dict[str, Any] = {
        "x": (("draw", "study"), np.arange(6.0).reshape(3, 2)),
        "true": (("draw",), np.eye(3)[0] > 0),
    }
    group = Group({"study": ["Łódź", "B"]}, values)
    for name in ("a.nc", "b.nc"):
        write(tmp_path / name, {"g": group, "h": group}, {"told": "words"})
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()
    with h5py.File(tmp_path / "a.nc") as file:
        numbers = [file[g][d].attrs["_Netcdf4Dimid"] for g in "gh" for d in ("study", "draw")]
    assert sorted(numbers) == [0, 1, 2, 3]  # NetCDF's own library tells dimensions apart by them
    with xr.open_datatree(tmp_path / "b.nc", engine="h5netcdf") as tree:
        assert tree["h"]["x"].dims == ("draw", "study")
        assert list(tree["h"]["study"].values) == ["Łódź", "B"]
        assert tree["g"]["true"].dtype == bool
        assert "draw" not in tree["g"].coords


def test_effects_that_were_drawn_with_the_rest_are_read_and_not_drawn_again(
    fits: dict[str, bp.Fit], tmp_path: Path
) -> None:
    fitted = fits["quadrature"]
    whole = replace(fitted, draws=replace(fitted.draws, effects=fitted.effects[:, :, ::-1]))
    whole.save(tmp_path / "whole.nc")
    again = bp.load(tmp_path / "whole.nc")
    assert again.draws.effects is not None
    assert np.array_equal(again.effects, fitted.effects[:, :, ::-1])


def refits():
    """One of every kind of refit that keeps a selection of rows."""
    ccp = bp.load_dataset("anti_ccp")
    year = bp.accuracy.MetaRegression(covariates=("year",))
    fitted = bp.fit(year, ccp, engine="quadrature", ess=500)
    late = [value >= 2004 for value in ccp.covariates["year"]]
    yield fitted, other_rows(fitted, {"late": late})[0].fit
    yield fitted, refit_without_each(fitted, ess=500).studies[3].fit
    effects = bp.load_dataset("bcg").effects("rr")
    latitude = NormalNormal(covariates=("latitude",), measure="rr")
    for robust in (False, True):
        model = replace(latitude, nu=Gamma(2, 0.1)) if robust else latitude
        fitted = bp.fit(model, effects, engine="quadrature", ess=500)
        yield fitted, refit_without_each(fitted, ess=500).studies[0].fit


def test_a_saved_refit_is_the_same_analysis(tmp_path):
    for number, (fitted, refit) in enumerate(refits()):
        path = tmp_path / f"{number}.nc"
        refit.save(path)
        again = load(path)
        assert set(again.estimates) == set(fitted.estimates)
        assert dict(again.estimates) == dict(refit.estimates)
        np.testing.assert_allclose(again.log_likelihood, refit.log_likelihood)
        assert again.provenance == refit.provenance

"""The NUTS engine: the PyMC model sampled by nutpie, or by PyMC's own sampler."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from bayespool import progress as telling
from bayespool.engines.draws import Draws
from bayespool.engines.reach import OutOfReach
from bayespool.hierarchy import Hierarchy

CHAINS = 4
TUNE = 1_000
NO_START = "All initialization points failed"  # of nutpie
NOWHERE = (
    "NUTS finds no point to start from: a prior excludes what the data say; allowed: a prior "
    "(--prior) that overlaps with them"
)
TARGET_ACCEPT = (0.9, 0.98, 0.995)
KEPT_STATS = {
    "diverging": "diverging",
    "energy": "energy",
    "depth": "tree_depth",
    "tree_depth": "tree_depth",
    "n_steps": "n_steps",
    "maxdepth_reached": "reached_max_treedepth",
    "reached_max_treedepth": "reached_max_treedepth",
    "mean_tree_accept": "acceptance_rate",
    "acceptance_rate": "acceptance_rate",
}


def sample(
    pymc_model: Any,
    hierarchy: Hierarchy,
    seed: int,
    *,
    draws: int = 2_000,
    sampler: str = "nutpie",
    progress: bool = False,
) -> Draws:
    """Posterior draws by NUTS; run again at a higher target acceptance while it diverges.

    Parameters
    ----------
    pymc_model : pymc.Model
        With the hierarchy's hyperparameters and standard-normal study effects ``v``
        (study, effect), and ``z`` (result, effect) where results have effects of their own.
    hierarchy : Hierarchy
    seed : int
    draws : int
        Per chain; there are 4 chains after 1,000 warm-up draws each.
    sampler : {"nutpie", "pymc"}
    progress : bool
        Show a progress bar.
    """
    messages: list[str] = []
    run = {"nutpie": _with_nutpie, "pymc": _with_pymc}
    if sampler not in run:
        raise ValueError(f"sampler={sampler!r} is unknown; allowed: {', '.join(run)}")
    effects_drawn = [name for name in ("v", "z", "precision") if name in pymc_model.named_vars]
    telling.stage("compiling for NUTS")
    start = run[sampler](pymc_model, (*hierarchy.names, *effects_drawn))
    for attempt, target in enumerate(TARGET_ACCEPT):
        posterior, found = start(seed + attempt, target, draws, progress)
        diverged = int(np.sum(found["diverging"]))
        if not diverged:
            break
        again = (
            f"run again at {TARGET_ACCEPT[attempt + 1]:g}"
            if attempt + 1 < len(TARGET_ACCEPT)
            else "no further run"
        )
        messages.append(
            f"{diverged} of {CHAINS * draws} draws diverged at target acceptance {target:g}; "
            + again
        )
    hyper = {name: posterior[name] for name in hierarchy.names}
    effects = within = None
    known = "v" in posterior and posterior["v"].shape[-1] == hierarchy.dimension
    if known and (
        hierarchy.within is None or "z" in posterior
    ):  # else they are drawn when asked for
        v = np.moveaxis(posterior["v"], (-1, -2), (0, 1))
        if hierarchy.freedom_prior is not None:
            v = v / np.sqrt(np.moveaxis(posterior["precision"], -1, 0))
        effects = _scaled(hierarchy, hyper, v, hierarchy.scale_effects)
        if hierarchy.within is not None:
            z = np.moveaxis(posterior["z"], (-1, -2), (0, 1))
            within = _scaled(hierarchy, hyper, z, hierarchy.scale_within)
    stats = {new: np.asarray(found[old]) for old, new in KEPT_STATS.items() if old in found}
    return Draws(
        engine="nuts",
        hyper=hyper,
        effects=effects,
        within=within,
        sample_stats=stats,
        info={
            "sampler": sampler,
            "chains": CHAINS,
            "tune": TUNE,
            "target_accept": target,
            "divergences": diverged,
            "runs": attempt + 1,
        },
        messages=tuple(messages),
    )


def _scaled(
    hierarchy: Hierarchy,
    hyper: dict[str, np.ndarray],
    v: np.ndarray,
    scale: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> np.ndarray:
    """Effects u = L v from the standard-normal ones, shape (q, study or result, chain, draw)."""
    flat = {name: value.ravel() for name, value in hyper.items()}
    u = scale(hierarchy.unconstrained(flat), v.reshape(*v.shape[:2], -1))
    return u.reshape(v.shape)


Sampled = tuple[Mapping[str, np.ndarray], Mapping[str, Any]]
Start = Callable[[int, float, int, bool], Sampled]


def _with_nutpie(pymc_model: Any, names: Sequence[str]) -> Start:
    import nutpie

    from bayespool.engines.compiled import POINT, compile_model, values_at

    compiled, density = compile_model(pymc_model)

    def start(seed: int, target: float, draws: int, progress: bool) -> Sampled:
        sampler = nutpie.sample(
            compiled,
            draws=draws,
            tune=TUNE,
            chains=CHAINS,
            seed=seed,
            target_accept=target,
            progress_bar=progress,
            progress_callback=_counted(target),
            save_warmup=False,
            blocking=False,  # or an interrupt would give what there is for the whole
        )
        try:
            tree = sampler.wait()
        except RuntimeError as error:
            if NO_START not in str(error):
                raise
            raise OutOfReach(NOWHERE) from error
        points = np.asarray(tree.posterior[POINT])
        return values_at(pymc_model, density, points, names), tree.sample_stats

    return start


def _counted(target: float) -> Callable[[Sequence[Any]], None] | None:
    """Tells who watches how many draws are done; nutpie calls it in a thread of its own."""
    watcher = telling.watcher()
    if watcher is None:
        return None
    words = "sampling by NUTS" + (f", again at {target:g}" if target > TARGET_ACCEPT[0] else "")

    def tell(chains: Sequence[Any]) -> None:
        done, total = (sum(getattr(chain, name) for chain in chains)
                       for name in ("finished_draws", "total_draws"))  # fmt: skip
        telling.tell(telling.Event(words, done, total), watcher)

    return tell


def _with_pymc(pymc_model: Any, names: Sequence[str]) -> Start:
    import pymc as pm

    def start(seed: int, target: float, draws: int, progress: bool) -> Sampled:
        telling.stage("sampling by NUTS")
        try:
            tree = pm.sample(
                draws=draws,
                tune=TUNE,
                chains=CHAINS,
                cores=1,
                random_seed=seed,
                target_accept=target,
                progressbar=progress,
                nuts_sampler="pymc",
                compute_convergence_checks=False,
                quiet=not progress,
                model=pymc_model,
            )
        except pm.exceptions.SamplingError as error:
            raise OutOfReach(NOWHERE) from error
        kept = {name: np.asarray(tree.posterior[name].transpose("chain", "draw", ...))
                for name in names}  # fmt: skip
        return kept, tree.sample_stats

    return start

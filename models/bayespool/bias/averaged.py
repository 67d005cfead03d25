"""An ensemble fitted: probabilities of its models, and what they say together.

References
----------
Bartos, Maier, Wagenmakers, Doucouliagos & Stanley (2023), Res Synth Methods 14:99-116.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bayespool.association.quantities import analysed, parameter, told, weight
from bayespool.association.scale import to_measure
from bayespool.association.small_studies import DIRECTIONS, check_effects, direction_of
from bayespool.bias.ensemble import Ensemble, Member, OnError, Weighted, psma
from bayespool.bias.lattice import Integrated, Target, integrate
from bayespool.bias.scales import Scale, scale_of
from bayespool.estimands import Estimate, summarise
from bayespool.fitting import DEFAULT_SEED
from bayespool.numerics.mixture import systematic
from bayespool.quantity import point
from bayespool.streams import rng

Array = np.ndarray
DRAWS = 20_000
COMPONENTS = ("effect", "heterogeneity", "bias", "selection", "small-study effect")


@dataclass(frozen=True)
class Inclusion:
    """How probable it is that something is there: an effect, heterogeneity, bias.

    ``log_bayes_factor`` compares the models that have it with those that do not, ``error`` is its
    numerical error.
    """

    component: str
    prior: float
    posterior: float
    log_bayes_factor: float
    error: float


@dataclass(frozen=True, eq=False)
class Averaged:
    """The posterior of an ensemble.

    Attributes
    ----------
    studies : the studies
    ensemble : Ensemble
        On the scale of the standardised mean difference, or of the studies where `unit` is 1.
    scale : Scale
    direction : {"positive", "negative"}
        Which estimates are thought to be seen.
    seed : int
    models : tuple of Integrated
        In the order of ``ensemble.members``.
    """

    studies: Any
    ensemble: Ensemble
    scale: Scale
    direction: str
    seed: int
    models: tuple[Integrated, ...]

    @property
    def members(self) -> tuple[Member, ...]:
        """The models, on the scale that they were fitted on."""
        return tuple(one.target.member for one in self.models)

    @cached_property
    def posterior(self) -> Array:
        """Posterior probability of every model."""
        pairs = zip(self.models, self.members, strict=True)
        log_w = np.array([one.log_marginal_likelihood + np.log(m.prior) for one, m in pairs])
        w = np.exp(log_w - log_w.max())
        return np.asarray(w / w.sum())

    def inclusion(self, component: str) -> Inclusion | None:
        """Of one of `COMPONENTS`; None where all models have it, or none has."""
        has = np.array([_has(member, component) for member in self.members])
        if has.all() or not has.any():
            return None
        prior = np.array([member.prior for member in self.members])
        log_ml = np.array([one.log_marginal_likelihood for one in self.models])
        error = np.array([one.error for one in self.models])

        def side(which: Array) -> tuple[float, float]:
            log_w = np.log(prior[which] / prior[which].sum()) + log_ml[which]
            total = float(np.logaddexp.reduce(log_w))
            return total, float(np.exp(log_w - total) @ error[which])

        (with_it, a), (without, b) = side(has), side(~has)
        return Inclusion(
            component, float(prior[has].sum()), float(self.posterior[has].sum()),
            with_it - without, a + b,
        )  # fmt: skip

    @cached_property
    def inclusions(self) -> tuple[Inclusion, ...]:
        """Of everything that some models have and others do not."""
        found = (self.inclusion(component) for component in COMPONENTS)
        return tuple(one for one in found if one is not None)

    @cached_property
    def cuts(self) -> tuple[float, ...]:
        """One-sided p values at which a weight of some model steps."""
        found: set[float] = set()
        for member in self.members:
            if isinstance(member.bias, Weighted):
                own = [c / member.bias.sides for c in member.bias.cuts]
                found |= set(own)
                if member.bias.sides == 2:
                    found |= {1.0 - c for c in own}
        return tuple(sorted(found))

    def mixture(self, weights: Array, *place: int) -> tuple[dict[str, Array], Array]:
        """Draws of the models in proportion to weights, by name, and the draw each came from.

        On the scale of analysis of the studies: ``mu``, ``tau``, ``pet``, ``peese`` and the
        weights ``omega[a,b]`` of one-sided p values from a to b.
        """
        random = rng(self.seed, "mixture", *place)
        counts = np.bincount(systematic(weights / weights.sum(), DRAWS, random),
                             minlength=len(self.models))  # fmt: skip
        parts, ancestors, offset = [], [], 0
        for one, n in zip(self.models, counts, strict=True):
            if n:
                values, ancestor = one.draw(int(n), random)
                parts.append(self._named(one, values, int(n)))
                ancestors.append(ancestor + offset)
                offset += int(ancestor.max()) + 1
        joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return joined, np.concatenate(ancestors)

    def _named(self, one: Integrated, values: Mapping[str, Array], n: int) -> dict[str, Array]:
        member = one.target.member
        fixed = member.known_spread
        measure = self.studies.measure
        tau, pet, peese = (parameter(name, measure) for name in ("tau", "pet", "peese"))
        out: dict[str, Array] = {
            point(analysed(measure)): self.scale.mean_back(values.get("mu", np.zeros(n))),
            tau: self.scale.spread_back(values.get("tau", np.full(n, fixed))),
            pet: np.asarray(values.get("PET", np.zeros(n))),
            peese: values.get("PEESE", np.zeros(n)) / self.scale.spread_back(np.ones(1)),
        }
        edges = (0.0, *self.cuts, 1.0)
        if not self.cuts:
            return out
        omega = np.ones((len(edges) - 1, n))
        if one.target.steps is not None:
            steps = one.target.steps
            middle = 0.5 * (np.array(edges[1:]) + np.array(edges[:-1]))
            p = middle if steps.sides == 1 else 2.0 * np.minimum(middle, 1.0 - middle)
            at = np.searchsorted(np.array(steps.cuts), p, side="left")
            omega = steps.omega(values)[at]
        return out | {
            weight(f"omega[{a:g},{b:g}]", a, b): w
            for a, b, w in zip(edges, edges[1:], omega, strict=False)
        }

    @cached_property
    def _draws(self) -> tuple[dict[str, Array], Array]:
        return self.mixture(self.posterior)

    @property
    def samples(self) -> dict[str, Array]:
        """Draws of the average over all models, each (n,); see `mixture`."""
        return self._draws[0]

    @cached_property
    def estimates(self) -> dict[str, Estimate]:
        """Of the average over all models; ``mu_ratio`` and the like on the measure's own scale."""
        return self._summaries(*self._draws)

    @cached_property
    def given_effect(self) -> dict[str, Estimate]:
        """The same over the models that have an effect; empty without any."""
        has = np.array([member.has_effect for member in self.members])
        if not has.any():
            return {}
        return self._summaries(*self.mixture(np.where(has, self.posterior, 0.0), 1))

    def _summaries(self, draws: Mapping[str, Array], ancestor: Array) -> dict[str, Estimate]:
        measure = self.studies.measure
        effect, shown = point(analysed(measure)), point(told(measure))
        found = {effect: draws[effect], shown: to_measure(draws[effect], measure), **draws}
        moving = {name: x for name, x in found.items() if np.ptp(x) > 0 or name in ("mu", shown)}
        return {name: summarise(name, x[None], ancestor) for name, x in moving.items()}

    @cached_property
    def model_records(self) -> list[dict[str, Any]]:
        """A record for every model."""
        return [
            {
                "model": i + 1,
                "effect": repr(member.effect),
                "heterogeneity": repr(member.heterogeneity),
                "bias": str(member.bias) if member.bias is not None else "none",
                "prior": member.prior,
                "log_marginal_likelihood": one.log_marginal_likelihood,
                "log_marginal_likelihood_error": one.error,
                "posterior": float(p),
            }
            for i, (one, member, p) in enumerate(
                zip(self.models, self.members, self.posterior, strict=True)
            )
        ]


def robma(
    studies: Any,
    ensemble: Ensemble | None = None,
    *,
    scale: str | None = None,
    unit: float | None = None,
    direction: str | None = None,
    seed: int = DEFAULT_SEED,
) -> Averaged:
    """Average over models with and without an effect, heterogeneity and publication bias.

    Parameters
    ----------
    studies : Effects, Correlations, ...
        With estimates and standard errors, one row per study.
    ensemble : Ensemble, optional
        `psma()`, the 36 models of RoBMA-PSMA, by default; its priors are on the scale of the
        standardised mean difference.
    scale : {"fisher_z", "native"}, optional
        That the models are fitted on; see `bayespool.bias.scales.scale_of`.
    unit : float, optional
        How many units of that scale a standardised mean difference of 1 is; 1 leaves the priors
        as they are.
    direction : {"positive", "negative"}, optional
        Which estimates are thought to be seen; by default where they lie on the whole.
    seed : int
        Of draws; probabilities of models need none.

    Raises
    ------
    ValueError
        Rows that have no p values (counts, proportions, censored rows), several of one study, or
        a single study; an unknown scale or direction.
    """
    check_effects(studies, "a model of publication bias")
    repeated = studies.several_rows()
    if repeated:
        raise ValueError(
            f"{studies.file}: {len(repeated)} studies have several rows ({', '.join(repeated)}), "
            "which would count as independent studies; allowed: one row per study (--where "
            "COLUMN=VALUE)"
        )
    chosen = direction or direction_of(studies)
    if chosen not in DIRECTIONS:
        raise ValueError(f"direction={direction!r}; allowed: {', '.join(DIRECTIONS)}")
    sign = DIRECTIONS[chosen]
    on = scale_of(studies, scale)
    asked = ensemble or psma()
    scaled = asked.scaled(on.unit if unit is None else unit)
    models = tuple(integrate(Target(member, sign * on.y, on.se, sign)) for member in scaled.members)
    return Averaged(studies, asked, on, chosen, seed, models)


def _has(member: Member, component: str) -> bool:
    return {
        "effect": member.has_effect,
        "heterogeneity": member.has_heterogeneity,
        "bias": member.bias is not None,
        "selection": isinstance(member.bias, Weighted),
        "small-study effect": isinstance(member.bias, OnError),
    }[component]

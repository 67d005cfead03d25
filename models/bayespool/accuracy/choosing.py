"""Which accuracy model the options of the command line ask for, with its default priors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from bayespool.accuracy.bivariate import Bivariate
from bayespool.accuracy.comparison import Comparison
from bayespool.accuracy.hsroc import HSROC
from bayespool.accuracy.latent_class import DEPENDENT, LatentClass
from bayespool.accuracy.meta_regression import MetaRegression
from bayespool.accuracy.nested import NestedBivariate
from bayespool.accuracy.nested_regression import NestedMetaRegression
from bayespool.accuracy.prevalence import Trivariate
from bayespool.accuracy.standards import read
from bayespool.accuracy.thresholds import SPREADS, Thresholds
from bayespool.model import find_model
from bayespool.priors import FREEDOM

USES = {
    "bivariate": ("link", "robust", "marker"),
    "meta-regression": ("covariate", "by", "link", "robust", "marker"),
    "nested": ("correlation", "covariate", "link", "robust", "marker"),
    "comparison": ("test", "shared", "indirect", "link", "robust"),
    "hsroc": ("covariate", "covariate_on"),
    "thresholds": ("link", "cutoff", "transform", "positive", "same_spread"),
    "latent-class": (
        "reference_sens",
        "reference_spec",
        "dependence",
        "hierarchical_prevalence",
        "link",
    ),
    "prevalence": (),
}
CHOICES = ("auto", *USES)
PARTS = ("accuracy", "threshold", "shape")


@dataclass(frozen=True)
class Options:
    """What the command line may ask of a model; the defaults ask for nothing."""

    link: str = "logit"
    covariate: tuple[str, ...] = ()
    by: str = ""
    covariate_on: tuple[str, ...] = ()
    test: str = ""
    shared: bool = False
    indirect: bool = False
    correlation: float | None = None
    robust: bool = False
    marker: str = "ignored"
    cutoff: float | None = None
    transform: str = "log"
    positive: str = ""
    same_spread: bool = False
    reference_sens: tuple[str, ...] = ()
    reference_spec: tuple[str, ...] = ()
    dependence: bool = False
    hierarchical_prevalence: bool = False

    @property
    def given(self) -> tuple[str, ...]:
        """Names of the options that ask for something."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) != f.default)


def choose(model: str = "auto", options: Options = Options()) -> Any:
    """A model with default priors.

    Parameters
    ----------
    model : {"auto", "bivariate", "meta-regression", "nested", "comparison", "hsroc",
            "thresholds", "latent-class", "prevalence"}
        ``auto`` is the comparison where a column of tests is named, the meta-regression where a
        covariate is, else the bivariate model.
    options : Options

    Raises
    ------
    ValueError
        An unknown model, or an option that it has no use for.
    """
    own = None if model in CHOICES else find_model(model)
    if own is not None:
        if options.given:
            raise ValueError(f"--model {model} has no {_flag(options.given[0])}; allowed: --prior")
        return own()
    if model not in CHOICES:
        raise ValueError(f"--model {model} is unknown; allowed: {', '.join(CHOICES)}, or "
                         "module:Class of a model of your own")  # fmt: skip
    name = _by_options(options) if model == "auto" else model
    for option in options.given:
        if option not in USES[name]:
            raise ValueError(_useless(option, name))
    return MAKERS[name](options)


def _by_options(options: Options) -> str:
    if options.test:
        return "comparison"
    return "meta-regression" if options.covariate or options.by else "bivariate"


def _useless(option: str, model: str) -> str:
    """What to say of an option that a model has no use for."""
    takers = [name for name, uses in USES.items() if option in uses]
    return (
        f"{_flag(option)} does not apply to --model {model}; allowed with it: "
        f"{', '.join(map(_flag, USES[model])) or '--prior'}; {_flag(option)} goes with --model "
        f"{' or '.join(takers)}"
    )


def _flag(option: str) -> str:
    return f"--{option.replace('_', '-')}"


def _margins(options: Options) -> dict[str, Any]:
    """What all models but HSROC take."""
    return {"link": options.link, "nu": FREEDOM if options.robust else None}


def _with_markers(options: Options) -> dict[str, Any]:
    """What all models take that have a place for markers without a threshold."""
    return {**_margins(options), "marker": options.marker}


def _meta_regression(options: Options) -> MetaRegression:
    own = (options.by,) if options.by else ()
    covariates = tuple(dict.fromkeys((*options.covariate, *own)))
    return MetaRegression(covariates=covariates, by=options.by, **_with_markers(options))


def _nested(options: Options) -> NestedBivariate | NestedMetaRegression:
    correlation = options.correlation or 0.0
    if options.covariate:
        if options.robust:
            raise ValueError(
                "--model nested with --covariate has normal effects; allowed: without --robust"
            )
        return NestedMetaRegression(
            covariates=options.covariate, correlation=correlation, link=options.link,
            marker=options.marker,
        )  # fmt: skip
    return NestedBivariate(correlation=correlation, **_with_markers(options))


def _comparison(options: Options) -> Comparison:
    return Comparison(
        test=options.test or Comparison.test,
        shared=options.shared,
        indirect=options.indirect,
        **_margins(options),
    )


def _hsroc(options: Options) -> HSROC:
    for part in options.covariate_on:
        if part not in PARTS:
            raise ValueError(f"--covariate-on {part} is unknown; allowed: {', '.join(PARTS)}")
    if options.covariate_on and not options.covariate:
        raise ValueError("--covariate-on says what a covariate acts on; allowed with --covariate")
    on = options.covariate_on or PARTS
    return HSROC(**{f"on_{part}": options.covariate for part in PARTS if part in on})


def _thresholds(options: Options) -> Thresholds:
    spreads: dict[str, Any] = dict.fromkeys(SPREADS, None) if options.same_spread else {}
    return Thresholds(
        link=options.link, transform=options.transform, cutoff=options.cutoff,
        positive=options.positive, **spreads,
    )  # fmt: skip


def _latent_class(options: Options) -> LatentClass:
    return LatentClass(
        link=options.link,
        reference_sens=read("--reference-sens", options.reference_sens),
        reference_spec=read("--reference-spec", options.reference_spec),
        dependence=DEPENDENT if options.dependence else None,
        prevalences="hierarchical" if options.hierarchical_prevalence else "each",
    )


MAKERS: dict[str, Callable[[Options], Any]] = {
    "bivariate": lambda options: Bivariate(**_with_markers(options)),
    "meta-regression": _meta_regression,
    "nested": _nested,
    "comparison": _comparison,
    "hsroc": _hsroc,
    "thresholds": _thresholds,
    "latent-class": _latent_class,
    "prevalence": lambda options: Trivariate(),
}

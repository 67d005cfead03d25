"""The measures of association: their names, their scale of analysis, and the headers they go by."""

from dataclasses import dataclass

from bayespool.numerics.transforms import TRANSFORMS, Transform


@dataclass(frozen=True)
class Measure:
    """One measure of association.

    Parameters
    ----------
    name
        As it is asked for: ``or``, ``smd``, ...
    label
        What a reader calls it.
    analysis_label
        What is analysed: the measure itself, or its transform.
    back
        From the scale of analysis to the measure: a name of
        `bayespool.numerics.transforms.TRANSFORMS`.
    null
        The measure when there is no association, no discrimination or perfect calibration; None
        for a proportion and a generic effect.
    headers
        Columns that hold it as it is printed, normalised.
    analysis_headers
        Columns that hold it on the scale of analysis, normalised.
    ending
        What names of estimands on the measure's own scale end in.
    """

    name: str
    label: str
    analysis_label: str
    back: str
    null: float | None
    headers: tuple[str, ...]
    analysis_headers: tuple[str, ...]
    ending: str = ""

    @property
    def transform(self) -> Transform:
        """To the scale of analysis and back."""
        return TRANSFORMS[self.back]

    @property
    def neutral(self) -> float:
        """The value that others are told to be above or below: ``null``, else 0."""
        return 0.0 if self.null is None else self.null

    @property
    def neutral_analysed(self) -> float:
        """The same on the scale of analysis."""
        return float(self.transform.forward(self.neutral))

    @property
    def of_null(self) -> str:
        """What holds where the measure is ``null``."""
        words = {"cstat": "no discrimination", "oe": "as many as expected",
                 "slope": "perfect calibration", "alpha": "no consistency"}  # fmt: skip
        if self.name in words:
            return words[self.name]
        return "no agreement beyond chance" if self.name in OF_AGREEMENT else "no association"

    @property
    def is_ratio(self) -> bool:
        """Whether the measure is analysed as its logarithm."""
        return self.back == "exp"

    @property
    def allowed(self) -> str:
        """The headers an estimate may have, in words."""
        if self.headers:
            name, scale = f"log_{self.name}", "log"
            if not self.is_ratio:
                name, scale = self.analysis_headers[0], self.analysis_label
            return f"{self.headers[0]}, or {name} or estimate on the {scale} scale"
        return " or ".join(dict.fromkeys((self.analysis_headers[0], "estimate")))


_ESTIMATE = ("estimate", "yi", "te")
_PLAIN = (*_ESTIMATE, "effect", "est")


def _ratio(name: str, label: str, headers: tuple[str, ...]) -> Measure:
    own = (f"log{name}", f"ln{name}", f"{name}log")
    return Measure(name, label, f"log {label}", "exp", 1.0, (*headers, "ratio"), (*own, *_ESTIMATE),
                   "ratio")  # fmt: skip


def _difference(name: str, label: str, headers: tuple[str, ...]) -> Measure:
    return Measure(name, label, label, "identity", 0.0, (), (*headers, *_PLAIN))


MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        _ratio("or", "odds ratio", ("or", "oddsratio", "aor", "adjustedor")),
        _ratio("rr", "risk ratio", ("rr", "riskratio", "relativerisk", "arr", "adjustedrr")),
        _difference("rd", "risk difference", ("rd", "riskdifference")),
        _difference("md", "mean difference", ("md", "meandifference")),
        _difference("smd", "standardised mean difference", ("smd", "g", "hedgesg")),
        _ratio("rom", "ratio of means", ("ratioofmeans",)),
        Measure("cor", "correlation", "Fisher z", "tanh", 0.0, (), ("fisherz", "zcor", *_ESTIMATE),
                "correlation"),
        _ratio("hr", "hazard ratio", ("hr", "hazardratio", "ahr", "adjustedhr")),
        _ratio("irr", "incidence rate ratio", ("irr", "rateratio", "incidencerateratio")),
        Measure("proportion", "proportion", "logit proportion", "expit", None, (),
                ("logit", "logitproportion", *_ESTIMATE), "proportion"),
        Measure("cstat", "c statistic", "logit c statistic", "expit", 0.5,
                ("c", "cstat", "cstatistic", "cindex", "auc", "auroc", "concordance"),
                ("logitc", "logitcstat", "logitauc", *_ESTIMATE), "cstat"),
        _ratio("oe", "observed to expected ratio", ("oe", "oeratio", "o:e", "o/e")),
        Measure("slope", "calibration slope", "calibration slope", "identity", 1.0, (),
                ("slope", "calibrationslope", "calslope", *_PLAIN)),
        Measure("kappa", "kappa", "Fisher z of kappa", "tanh", 0.0,
                ("kappa", "cohenkappa", "cohenskappa"), ("fisherz", "zkappa", *_ESTIMATE), "kappa"),
        Measure("icc", "intraclass correlation", "Fisher z of the intraclass correlation", "tanh",
                0.0, ("icc", "intraclasscorrelation"), ("fisherz", "zicc", *_ESTIMATE), "icc"),
        Measure("alpha", "Cronbach alpha", "log of 1 / (1 - alpha)", "lacking", 0.0,
                ("alpha", "cronbachalpha", "cronbachsalpha"), _ESTIMATE, "alpha"),
        Measure("generic", "effect", "effect", "identity", None, (), _PLAIN),
    )
}  # fmt: skip
GROUPS = ("group 1", "group 2")  # that a measure compares, where nobody named them
# What can be computed from each shape.
OF_COUNTS = ("or", "rr", "rd")
OF_MEANS = ("md", "smd", "rom")
OF_PREDICTION = ("cstat", "oe", "slope")
OF_AGREEMENT = ("kappa", "icc", "alpha")
# Their P values may test any value, or have a standard error of their own.
WITHOUT_P = ("slope", "kappa", "icc", "alpha")
# Whose null value decides what is published, so that selection by P values can be asked about.
TESTED = ("or", "rr", "rd", "md", "smd", "rom", "cor", "hr", "irr", "generic")


def measure_named(name: str, among: tuple[str, ...] = tuple(MEASURES)) -> Measure:
    """The measure called ``name``.

    Raises
    ------
    ValueError
        It is not among those that are allowed here; the message lists them.
    """
    if name not in among:
        raise ValueError(f"measure={name!r} is not possible here; allowed: {', '.join(among)}")
    return MEASURES[name]

"""What every model is: a frozen dataclass of priors and options, known by its name.

A model defined outside the package is one like all others: a subclass is known as soon as it is
defined, so that its fits can be saved and read, and the command line finds it as
``--model module:Class`` or by its own name.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import fields
from importlib import import_module
from typing import Any, ClassVar

from bayespool.model_options import ModelOptions
from bayespool.priors import FREEDOM
from bayespool.quantity import WHOLE, Estimand, Group
from bayespool.studies import Rows

FIELDS = {"covariate": "covariates"}  # of options whose field has another name


class Model:
    """Base of all models; subclasses are frozen dataclasses.

    Attributes
    ----------
    title : str
        In a sentence on its own: "Bivariate binomial-normal model".
    in_words : str
        How the rows of a study enter, and how studies differ: sentences for the methods section.
    effects : tuple of str
        What the effects of a study are of.
    references : tuple of str
        Keys of `bayespool.report.references`.
    takes : tuple of classes of `bayespool.studies`
        The shapes of studies that it is a model of; empty: not said.
    command : str
        Its name on the command line; empty of models that are named by their class. Models of
        different shapes or options may share one.
    brief : str
        What it is for, in a few words.
    options : tuple of str
        Names of `ModelOptions` that it has a use for.
    automatic : container of str
        Measures (of accuracy the empty text) for which ``--model auto`` may choose it, where it
        takes the table and has a use for every option.
    told_by : tuple of str
        Options of which one must be given for ``--model auto`` to choose it; empty: none need be.
    measure : str
        Of an association, a name of `bayespool.studies.measures.MEASURES`; empty of accuracy.
    covariates, test : tuple of str, str
        Columns that the model compares studies or tests by.
    nu : prior or None
        Of the degrees of freedom of Student t study effects; None where these are normal.
    correlation : float
        Of the sampling errors, or the patients, of results of one study.
    spread : str
        Which prior of an association is of the variation between studies.
    main_estimands : tuple of str
        What refits are judged by; by default sensitivity and specificity of every group.
    of_rows : bool
        `row_estimands` is told of every row of the table, not `study_estimands` of every study.
    of_studies : bool
        Rows of the hierarchy are of studies, not of rows of the table.
    marker : str
        What rows with a marker but no counts do; empty where the model has no place for them.
    summary_curve : bool
        The parameters are those of the summary ROC curve.
    learns_prevalence : bool
        Prevalences of the studies are among what is modelled, for predictive values.
    """

    title: ClassVar[str] = ""
    in_words: ClassVar[str] = ""
    effects: ClassVar[tuple[str, ...]] = ()
    references: ClassVar[tuple[str, ...]] = ()
    takes: ClassVar[tuple[type[Rows], ...]] = ()
    command: ClassVar[str] = ""
    brief: ClassVar[str] = ""
    options: ClassVar[tuple[str, ...]] = ()
    automatic: ClassVar[Container[str]] = ()
    told_by: ClassVar[tuple[str, ...]] = ()
    measure: str = ""
    test: str = ""
    nu: Any = None
    marker: str = ""
    correlation: float = 0.0
    spread: ClassVar[str] = ""
    main_estimands: ClassVar[tuple[str, ...]] = ()
    of_rows: ClassVar[bool] = False
    of_studies: ClassVar[bool] = False
    summary_curve: ClassVar[bool] = False
    learns_prevalence: ClassVar[bool] = False

    @classmethod
    def from_options(cls, options: ModelOptions, studies: Any, measure: str) -> Any:
        """The model with default priors that options ask for, all of which it has a use for."""
        del studies
        return plain(cls, options, measure)

    @property
    def variation(self) -> Any:
        """The prior of the variation between studies, of an association."""
        return getattr(self, self.spread)

    @property
    def covariates(self) -> tuple[str, ...]:
        return ()

    @property
    def intercepts(self) -> tuple[Estimand, ...]:
        """Pooled values on the scale of the link, of models that have them."""
        return ()

    @property
    def without_mean(self) -> tuple[str, ...]:
        """Estimands whose mean is infinite."""
        return ()

    def settled(self, studies: Any) -> Any:
        """The model with what it takes from the table said, so that part of the rows leave it."""
        del studies
        return self

    def cutoffs(self, studies: Any) -> tuple[float, ...]:
        """Cut-offs of the marker that accuracy is told at; none of other models."""
        del studies
        return ()

    def pooled_at(self, studies: Any) -> str:
        """Where the pooled values hold, in words: ``at the cut-off 50``; mostly nothing."""
        del studies
        return ""

    def curve_slopes(self, draws: Any) -> tuple[Any, Any] | None:
        """How sensitivity and specificity move along the summary curve (scale of the link), where
        that is not by their standard deviations."""
        del draws
        return None

    def cautions(self, studies: Any) -> tuple[str, ...]:
        """What is taken for granted of these studies, and a reader has to know."""
        del studies
        return ()

    def standards(self, studies: Any) -> tuple[Any, ...]:
        """Reference standards that may be wrong; none of models that take them for the truth."""
        del studies
        return ()

    def statements(self, samples: Any, studies: Any) -> Iterator[tuple[Any, Any]]:
        """Probability statements on groups or tests, as true-or-false draws; none by default."""
        del samples, studies
        return iter(())

    def evidence(self, studies: Any) -> tuple[Any, ...]:
        """Of a comparison of tests: which studies used both of a pair; nothing by default."""
        del studies
        return ()

    def sigma_groups(self, studies: Any) -> tuple[Group, ...]:
        """Groups of studies with their own covariance; by default all share one."""
        del studies
        return (WHOLE,)

    @property
    def located(self) -> tuple[str, ...]:
        """Hyperparameters that the effects of a study, in their order, are added to, if any."""
        return ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        MODELS[cls.__name__] = cls


MODELS: dict[str, type[Any]] = {}


def fields_of(options: ModelOptions) -> dict[str, Any]:
    """The fields of a model that options are given by."""
    given = options.given
    robust = {"nu": FREEDOM} if given.pop("robust", False) else {}
    return {FIELDS.get(name, name): value for name, value in given.items()} | robust


def plain(model: type[Any], options: ModelOptions, measure: str) -> Any:
    """A model with the priors of its class."""
    of_measure = {"measure": measure} if "measure" in _fields(model) else {}
    return model(**of_measure, **fields_of(options))


def _fields(model: type[Any]) -> set[str]:
    return {item.name for item in fields(model) if item.init}


def find_model(name: str) -> type[Any] | None:
    """A model by the name of its class, or as ``module:Class``; None where there is none.

    Raises
    ------
    ValueError
        A module that cannot be imported, or has no such model.
    """
    module, colon, kind = name.partition(":")
    if not colon:
        return MODELS.get(name)
    try:
        found = getattr(import_module(module), kind, None)
    except ImportError as error:
        raise ValueError(f"--model {name}: {error}") from None
    if not (isinstance(found, type) and issubclass(found, Model)):
        raise ValueError(f"--model {name}: {module} has no model {kind}; allowed: a Model subclass")
    return found

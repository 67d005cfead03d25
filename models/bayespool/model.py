"""What every model is: a frozen dataclass of priors and options, known by its name.

A model defined outside the package is one like all others: a subclass is known as soon as it is
defined, so that its fits can be saved and read, and the command line finds it as
``--model module:Class`` or by its own name.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar

from bayespool.studies import Rows


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
    """

    title: ClassVar[str] = ""
    in_words: ClassVar[str] = ""
    effects: ClassVar[tuple[str, ...]] = ()
    references: ClassVar[tuple[str, ...]] = ()
    takes: ClassVar[tuple[type[Rows], ...]] = ()

    @property
    def located(self) -> tuple[str, ...]:
        """Hyperparameters that the effects of a study, in their order, are added to, if any."""
        return ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        MODELS[cls.__name__] = cls


MODELS: dict[str, type[Any]] = {}


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

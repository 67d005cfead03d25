"""Which model is asked for, by its name on the command line or by the table and the options."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bayespool.accuracy
import bayespool.association  # the models of both are known once these are imported  # noqa: F401
from bayespool.model import MODELS, Model, find_model, plain
from bayespool.model_options import ModelOptions, flag
from bayespool.studies import AccuracyStudies, Effects

AUTO = "auto"
NOTHING = ModelOptions()


@dataclass(frozen=True)
class Commands:
    """The models of one subject that have a name on the command line.

    Parameters
    ----------
    measure : str
        Of an association; empty of diagnostic accuracy.
    """

    measure: str = ""

    def __iter__(self) -> Iterator[type[Model]]:
        of_accuracy = self.measure == ""
        for model in tuple(MODELS.values()):
            if vars(model).get("command") and (AccuracyStudies in model.takes) == of_accuracy:
                yield model

    @property
    def names(self) -> tuple[str, ...]:
        """What ``--model`` may be."""
        return (AUTO, *dict.fromkeys(model.command for model in self))

    @property
    def briefly(self) -> dict[str, str]:
        """What each is for, in a few words."""
        return {AUTO: "chosen by the table and by what is asked"} | {
            model.command: model.brief for model in reversed(tuple(self))
        }

    def named(self, name: str) -> tuple[type[Model], ...]:
        """The models of a name: one for every shape of the table, or of the options."""
        return tuple(model for model in self if model.command == name)

    def options(self, name: str) -> tuple[str, ...]:
        """The options that some model of a name has a use for."""
        models = self.named(name) if name != AUTO else self._automatic
        return tuple(dict.fromkeys(option for model in models for option in model.options))

    @property
    def _automatic(self) -> tuple[type[Model], ...]:
        return tuple(model for model in self if self.measure in model.automatic)

    def choose(self, name: str, options: ModelOptions, studies: Any) -> type[Model]:
        """The model of a name that takes the table, and has a use for every option.

        A model of the table itself goes before one of the effects that are computed from it.

        Raises
        ------
        ValueError
            There is none; says what is allowed.
        """
        if name not in self.names:
            raise ValueError(
                f"--model {name} is unknown; allowed: {', '.join(self.names)}, or module:Class of "
                "a model of your own"
            )
        candidates = self._automatic if name == AUTO else self.named(name)
        fitting = [model for model in candidates if takes(model, studies)]
        if not fitting:
            raise ValueError(self._no_such_table(name, studies))
        fitting.sort(key=lambda model: not isinstance(studies, model.takes))
        given = set(options.given)
        for model in fitting:
            if name == AUTO and model.told_by and not given & set(model.told_by):
                continue
            if given <= set(model.options):
                return model
        raise ValueError(self._no_such_options(name, fitting, options, studies))

    def _no_such_table(self, name: str, studies: Any) -> str:
        shapes = dict.fromkeys(s.__name__ for model in self.named(name) for s in model.takes)
        others = dict.fromkeys(model.command for model in self if takes(model, studies))
        same = ", the same people twice" if studies.same_people else ""
        return (
            f"--model {name} needs {' or '.join(shapes)}; {studies.file} is "
            f"{type(studies).__name__} of {self.measure}{same}; allowed: "
            f"{', '.join((AUTO, *others))}"
        )

    def _no_such_options(
        self, name: str, models: list[type[Model]], options: ModelOptions, studies: Any
    ) -> str:
        """Which option no model of the name has, and where it goes; or which do not go together."""
        uses = dict.fromkeys(option for model in models for option in model.options)
        takers = [model for model in self if takes(model, studies)]
        for option in options.given:
            if option not in uses:
                goes = dict.fromkeys(m.command for m in takers if option in m.options)
                with_it = ", ".join(map(flag, uses)) or "--prior"
                where = f"; {flag(option)} goes with --model {' or '.join(goes)}" if goes else ""
                return (
                    f"{flag(option)} does not apply to --model {name}; allowed with it: {with_it}"
                    f"{where}"
                )
        together = " and ".join(map(flag, options.given))
        sets = "; or ".join(", ".join(map(flag, model.options)) for model in models)
        return f"{together} do not go together with --model {name}; allowed: {sets}"


def takes(model: type[Model], studies: Any) -> bool:
    """The model is one of such studies, or of the effects that are computed from them."""
    if isinstance(studies, model.takes):
        return True
    of_effects = Effects in model.takes and not isinstance(studies, AccuracyStudies)
    return of_effects and not studies.same_people


def choose(
    studies: Any,
    measure: str = "",
    model: str = AUTO,
    options: ModelOptions = NOTHING,
) -> tuple[Any, Any]:
    """A model with default priors, and the studies in the shape that it takes.

    Parameters
    ----------
    studies : Rows
    measure : str
        A name of `bayespool.studies.measures.MEASURES`; empty of diagnostic accuracy.
    model : str
        One of `Commands.names`, or ``module:Class`` of a model defined elsewhere.
    options : ModelOptions

    Returns
    -------
    (Model, Rows)
        Effects of tables with a zero cell have 1/2 added to every cell, and say so.

    Raises
    ------
    ValueError
        An unknown model, or one that the measure, the table or the options do not allow.
    """
    commands = Commands(measure)
    outside = None if model in commands.names else find_model(model)
    if outside is None:
        kind = commands.choose(model, options, studies)
        if not isinstance(studies, kind.takes):
            studies = studies.as_effects(measure)
        return kind.from_options(options, studies, measure), studies
    for option in options.given:
        if option not in outside.options:
            allowed = ", ".join(map(flag, outside.options)) or "--prior"
            raise ValueError(f"--model {model} has no {flag(option)}; allowed: {allowed}")
    if takes(outside, studies) and not isinstance(studies, outside.takes):
        studies = studies.as_effects(measure)
    return plain(outside, options, measure), studies

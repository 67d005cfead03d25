"""What is asked of the table: measure, model and its options, priors, and words of the report."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from nicegui import events, ui

from bayespool.accuracy import choosing as of_accuracy
from bayespool.app.session import Session
from bayespool.app.views.view import FIELD, Change, View
from bayespool.association import choosing as of_association
from bayespool.bias.asked import ASKED, IN_WORDS, BiasAsked
from bayespool.fitting import ENGINES
from bayespool.report.ordering import ORDERS
from bayespool.studies import MEASURES

ACCURACY_WORDS = "Diagnostic accuracy (sensitivity, specificity)"
MODELS = {
    "auto": "chosen by what is asked",
    "bivariate": "bivariate: sensitivity and specificity together",
    "meta-regression": "meta-regression: by covariates",
    "nested": "nested: several results in a study",
    "comparison": "comparison: of tests",
    "hsroc": "HSROC: a summary curve",
    "thresholds": "thresholds: several cut-offs of one marker",
    "prevalence": "prevalence: learnt together with accuracy",
    "normal": "normal: estimates with standard errors",
    "binomial": "binomial: exact, from counts",
    "beta-binomial": "beta-binomial: counts of a proportion",
    "pre-post": "pre-post: the same people twice",
}
LINKS = ("logit", "probit", "cloglog")
MARKERS = ("ignored", "binormal")


class QuestionView(View):
    """The part of the page that asks."""

    def __init__(self, session: Session, change: Change) -> None:
        super().__init__(session, change)
        self._shown: Any = None
        with ui.element("section").classes("part").props('aria-label="Question"'):
            ui.html("Question", tag="h2")
            self._model = ui.element("div").classes("part")
            self._more = ui.expansion("Priors, computation and words of the report", icon="tune")
            self._more.classes("part")

    def refresh(self) -> None:
        """Show what is asked now; fields stay as they are while nothing of them changes."""
        session = self._session
        model = session.understood.prepared and session.understood.prepared.model
        shown = (session.asked, session.understood.covariates, repr(model))
        if session.sheet is None or shown == self._shown:
            return
        self._shown = shown
        self._model.clear()
        with self._model:
            self._of_model()
        opened = self._more.value
        self._more.clear()
        with self._more:
            self._of_priors()
            self._of_computation()
            self._of_report()
        self._more.set_value(opened)

    async def _ask(self, **changes: Any) -> None:
        try:
            await self._change(lambda: self._session.ask(**changes))
        except ValueError as error:
            ui.notify(str(error), type="negative", multi_line=True)

    def _of_model(self) -> None:
        asked, about = self._session.asked, self._session.understood
        measures = {"": ACCURACY_WORDS} | {name: m.label for name, m in MEASURES.items()}
        accuracy = asked.measure == ""
        choices = of_accuracy.CHOICES if accuracy else of_association.CHOICES
        with ui.element("div").classes("fields"):
            self._choice("What the table is of", measures, "measure", asked.measure)
            offered = {name: MODELS[name] for name in choices if name in MODELS}
            self._choice("Model", offered, "model", asked.model)
            uses = self._uses()
            columns = {name: name for name in about.covariates}
            if "test" in uses:
                self._choice("Column that names the test", {"": "none"} | columns, "test",
                             asked.test)  # fmt: skip
            if "covariate" in uses:
                self._choice("Covariates", columns, "covariate", list(asked.covariate), many=True)
            if "by" in uses and asked.covariate:
                self._choice("Levels that vary apart", {"": "none"} | columns, "by", asked.by)
            if accuracy:
                self._numbers("Prevalences, in percent", "prevalences")
            else:
                self._number("Smallest important difference", "mid", asked.request.mid)
                if asked.measure in ("or", "rr", "rd"):
                    self._numbers("Risks without exposure, in percent", "baseline_risks")
        with ui.element("div").classes("line"):
            for name, words in (
                ("robust", "Outlying studies give way (Student t)"),
                ("shared", "Tests differ by the same in all studies"),
                ("indirect", "Allow indirect comparisons"),
            ):
                if name in uses:
                    self._switch(words, name, getattr(asked, name))
            if accuracy and any(name.startswith("rob_") for name in about.covariates):
                self._switch("Low risk of bias only", "low_risk_only", asked.low_risk_only)
        if about.prepared is not None:
            model = about.prepared.model
            ui.label(f"{model.title}. {model.in_words}".strip()).classes("said")

    def _uses(self) -> Sequence[str]:
        asked = self._session.asked
        if asked.measure != "":
            return ("covariate", "robust")
        if asked.model in of_accuracy.USES:
            return of_accuracy.USES[asked.model]
        if asked.test:
            return of_accuracy.USES["comparison"]
        return ("test", *of_accuracy.USES["meta-regression"])

    def _of_priors(self) -> None:
        asked, prepared = self._session.asked, self._session.understood.prepared
        given = dict(asked.priors)
        names = list(prepared.model.priors) if prepared is not None else list(given)
        ui.html("Priors", tag="h3")
        with ui.element("div").classes("fields"):
            for name in names:
                value = given.get(name) or repr(prepared.model.priors[name] if prepared else "")
                field = ui.input(name, value=value).props("dense outlined")
                field.on("change", self._prior(name, field))
        if given:
            ui.button("Default priors again", on_click=lambda: self._ask(priors=())).props(
                "flat dense no-caps"
            )

    def _prior(self, name: str, field: Any) -> Callable[[], Awaitable[None]]:
        async def changed() -> None:
            given = dict(self._session.asked.priors) | {name: field.value.strip()}
            await self._ask(priors=tuple((key, call) for key, call in given.items() if call))

        return changed

    def _of_computation(self) -> None:
        asked = self._session.asked
        ui.html("Computation", tag="h3")
        with ui.element("div").classes("fields"):
            self._choice("Engine", {k: f"{k}: {v}" for k, v in ENGINES.items()}, "engine",
                         asked.engine)  # fmt: skip
            self._number("Seed", "seed", asked.seed, whole=True)
            if asked.measure == "":
                self._choice("Link", _same(LINKS), "link", asked.link)
                self._choice("Rows with markers", _same(MARKERS), "marker", asked.marker)
            analysis = "accuracy" if asked.measure == "" else "association"
            kinds = {kind: IN_WORDS[kind] for kind in ASKED[analysis]}
            self._choice("Publication bias", kinds, "bias", asked.request.bias.kind, of=BiasAsked)

    def _of_report(self) -> None:
        request = self._session.asked.request
        ui.html("Report", tag="h3")
        with ui.element("div").classes("fields"):
            self._text("Title", "title", request.title)
            self._text("Question that it answers", "question", request.question)
            self._choice("Order of studies", _same(ORDERS), "order", request.order)

    def _choice(
        self, words: str, options: dict[str, str], name: str, value: Any, *, many: bool = False,
        of: Callable[[Any], Any] | None = None,
    ) -> None:  # fmt: skip
        async def changed(event: events.ValueChangeEventArguments) -> None:
            chosen = tuple(event.value) if many else event.value
            await self._ask(**{name: of(chosen) if of else chosen})

        shown = [one for one in value if one in options] if many else value
        ui.select(
            options,
            label=words,
            value=shown if many or value in options else None,
            multiple=many,
            on_change=changed,
        ).props(FIELD + (" use-chips" if many else ""))

    def _switch(self, words: str, name: str, value: bool) -> None:
        async def changed(event: events.ValueChangeEventArguments) -> None:
            await self._ask(**{name: bool(event.value)})

        ui.switch(words, value=value, on_change=changed).props("dense")

    def _text(self, words: str, name: str, value: str | None) -> None:
        async def changed() -> None:
            await self._ask(**{name: field.value.strip() or None})

        field = ui.input(words, value=value or "").props("dense outlined").on("change", changed)

    def _number(self, words: str, name: str, value: float | None, *, whole: bool = False) -> None:
        async def changed() -> None:
            text = field.value.strip()
            try:
                number = (int(text) if whole else float(text)) if text else None
            except ValueError:
                ui.notify(f"{words}: {text} is no number", type="negative")
                return
            await self._ask(**{name: number})

        shown = "" if value is None else f"{value:g}" if not whole else str(value)
        field = ui.input(words, value=shown).props("dense outlined").on("change", changed)

    def _numbers(self, words: str, name: str) -> None:
        """Percentages, parted by spaces or semicolons, as proportions."""

        async def changed() -> None:
            texts = field.value.replace(";", " ").replace("%", " ").split()
            try:
                found = tuple(round(float(text) / 100, 10) for text in texts)
            except ValueError:
                ui.notify(f"{words}: allowed are numbers such as 5 10 30", type="negative")
                return
            await self._ask(**{name: found or (None if name == "prevalences" else ())})

        given = getattr(self._session.asked.request, name) or ()
        shown = " ".join(f"{100 * x:g}" for x in given)
        field = ui.input(words, value=shown).props("dense outlined").on("change", changed)


def _same(names: Sequence[str]) -> dict[str, str]:
    return {name: name for name in names}

"""What a model estimates: a record of every number, made by the model and taken apart by nobody.

An `Estimand` is its own name in files, such as ``sens[CT]``, so that a mapping by name takes it;
what is known of it (of what, of whom, in words, in which unit) stands beside the name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Unit = Literal["proportion", "points", "ratio", "effect", "number"]
Range = Literal["proportion", "correlation", "positive", "real"]
Role = Literal[
    "pooled", "alone", "average", "marginal", "new", "new_study", "summary", "spread", "parameter",
    "bias", "coefficient", "difference", "ratio", "rank", "after", "absolute",
]  # fmt: skip
MAIN: tuple[Role, ...] = ("pooled", "alone")  # of one place: the average study, or the only one
_ENDS: dict[Role, str] = {
    "average": "_average", "marginal": "_marginal", "new": "_new", "new_study": "_new_study",
}  # fmt: skip
_WORDS: dict[Role, str] = {
    "average": "{} in the average study", "marginal": "{}, mean over studies",
    "new": "{} in a new study", "new_study": "{} of a new study, over its results",
}  # fmt: skip
_CALLED: dict[Role, str] = {"pooled": "Pooled {}", "alone": "{} in the one study"}
_COMPARED: dict[Role, str] = {
    "difference": "Difference in {one}", "ratio": "Ratio of {many}",
    "rank": "Rank of {one} (1 is the highest)",
}  # fmt: skip


class Group(str):
    """A test, a level or a value of a covariate: its label in names; nothing for a whole table.

    Attributes
    ----------
    shown : str
        As a reader sees it: ``year 2004`` for ``year=2004``.
    """

    shown: str

    def __new__(cls, label: str = "", shown: str | None = None) -> Group:
        made = super().__new__(cls, label)
        made.shown = label if shown is None else shown
        return made

    @property
    def ending(self) -> str:
        """What the names of its estimands end in."""
        return f"[{self}]" if self else ""


WHOLE = Group()


def pair(b: Group, a: Group) -> Group:
    """Two groups of which the first is compared with the second."""
    return Group(f"{b} - {a}", f"{b.shown} \N{MINUS SIGN} {a.shown}")


@dataclass(frozen=True)
class Quantity:
    """A kind of number.

    Attributes
    ----------
    name : str
        What names begin with: ``sens``, ``mu``.
    label : str
        In words: ``Sensitivity``.
    unit : str
        How values are written: as percentages (``proportion``), percentage points, a ratio, an
        effect in units of its measure, or a number.
    range : str
        Which numbers it may be.
    scale : str
        Ends names where an effect is told on its measure's own scale: ``mu_ratio``.
    one, many : str
        In sentences on several groups: ``the diagnostic odds ratio``; by default the label.
    called : bool
        Labels say whether it is pooled, or that of the only study.
    """

    name: str
    label: str
    unit: Unit = "number"
    range: Range = "real"
    scale: str = ""
    one: str = ""
    many: str = ""
    called: bool = False


class Estimand(str):
    """A name in files, with what is known of it.

    Attributes
    ----------
    quantity : Quantity
    role : str
        Of which study or of all, or what is done with it.
    group, against : Group
        Whose it is, and with whom that is compared.
    what, label : str
        In words, without and with the group.
    unit, range : str
        As those of a `Quantity`.
    """

    quantity: Quantity
    role: Role
    group: Group
    against: Group
    what: str
    label: str
    unit: Unit
    range: Range

    def __new__(
        cls,
        name: str,
        quantity: Quantity | None = None,
        role: Role = "parameter",
        group: Group = WHOLE,
        *,
        what: str = "",
        whose: str | None = None,
        against: Group = WHOLE,
        unit: Unit | None = None,
        range: Range | None = None,
    ) -> Estimand:
        made = super().__new__(cls, name)
        made.quantity = Quantity(name, name) if quantity is None else quantity
        made.role, made.group, made.against = role, group, against
        made.what = what or made.quantity.label
        shown = group.shown if whose is None else whose
        made.label = f"{made.what}, {shown}" if shown else made.what
        made.unit = unit or made.quantity.unit
        made.range = range or made.quantity.range
        return made

    def like(self, role: Role) -> Estimand:
        """The same of another study: of the average one, of a new one."""
        return point(self.quantity, role, self.group)

    @property
    def stem(self) -> str:
        """The name without the group: ``sens`` of ``sens[CT]``."""
        if self.role in _SIGNS:
            return f"{self.quantity.name}_{self.role}"
        return self.removesuffix(self.group.ending)

    @property
    def new(self) -> Estimand | None:
        """The same in a new study; None of what is not a value of one study."""
        return self.like("new") if self.role in MAIN else None


def point(quantity: Quantity, role: Role = "pooled", group: Group = WHOLE) -> Estimand:
    """A quantity of the average study, over studies, of a new one."""
    scale = f"_{quantity.scale}" if quantity.scale else ""
    words = _WORDS.get(role, "{}")
    if quantity.called:
        words = _CALLED.get(role, words)
    return Estimand(
        f"{quantity.name}{_ENDS.get(role, '')}{scale}{group.ending}", quantity, role, group,
        what=capital(words.format(quantity.label)),
    )  # fmt: skip


def compared(quantity: Quantity, role: Role, b: Group, a: Group = WHOLE) -> Estimand:
    """Difference or ratio of two groups, or the rank of one among all."""
    sign, unit, numbers = _SIGNS[role]
    one = quantity.one or inside(quantity.label)
    both = Group(f"{b}{sign}{a}", f"{b.shown}{sign}{a.shown}")
    whose = pair(b, a) if role == "difference" else both
    return Estimand(
        f"{quantity.name}_{role}[{whose}]", quantity, role, b, against=a, whose=whose.shown,
        what=_COMPARED[role].format(one=one, many=quantity.many), unit=unit, range=numbers,
    )  # fmt: skip


_SIGNS: dict[Role, tuple[str, Unit, Range]] = {
    "difference": (" - ", "points", "real"),
    "ratio": (" / ", "ratio", "positive"),
    "rank": ("", "number", "real"),
}


FREEDOM = Estimand(
    "nu", Quantity("nu", "Degrees of freedom of the study effects", "number", "positive")
)


def recorded(names: Iterable[str]) -> dict[str, Estimand]:
    """The record of every name; a name without any is its own label."""
    return {n: n if isinstance(n, Estimand) else Estimand(n) for n in names}


def inside(label: str) -> str:
    """A label as it stands inside a sentence; abbreviations keep their capitals."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def capital(text: str) -> str:
    """With a capital first."""
    return text[:1].upper() + text[1:]

"""Adjusted and unadjusted estimates of one study: two answers about the same people, never two
studies."""

from dataclasses import replace
from typing import Any

from bayespool.studies.effects import Effects

COLUMN = "adjustment"
WORDS = {
    **dict.fromkeys(("adjusted", "multivariable", "multivariate"), True),
    **dict.fromkeys(("unadjusted", "crude", "univariable", "univariate", "none"), False),
}
OTHER = "Unadjusted estimates where a study prints both"


def by_adjustment(studies: Any) -> tuple[Any, Any]:
    """The table with the adjusted estimate of every study that prints both, and with the other.

    Parameters
    ----------
    studies
        Rows of any shape; a column ``adjustment`` of effects says what each is.

    Returns
    -------
    main, other
        A study with one kind of estimate is in both with it. ``other`` is None where no study
        prints both.

    Raises
    ------
    ValueError
        A word that is none of `WORDS`.
    """
    if not isinstance(studies, Effects) or COLUMN not in studies.covariates:
        return studies, None
    said = [_read(studies, i) for i in range(len(studies))]
    studies = replace(studies, adjusted=tuple(said))
    both = {study for study in studies.study
            if {flag for flag, own in zip(said, studies.study, strict=True) if own == study}
            >= {True, False}}  # fmt: skip
    if not both:
        return studies, None
    kept: list[Any] = []
    for wanted in (True, False):
        keep = [study not in both or flag is wanted
                for study, flag in zip(studies.study, said, strict=True)]  # fmt: skip
        kept.append(studies.select(keep))
    sentence = (
        f"{studies.file}: adjusted and unadjusted estimates of the same people in "
        f"{', '.join(sorted(both))}; the adjusted ones are analysed, and the answer with the "
        "others stands beside it"
    )
    main = replace(kept[0], warnings=(*studies.warnings, sentence))
    return main, kept[1]


def _read(studies: Effects, i: int) -> bool | None:
    cell = studies.covariates[COLUMN][i]
    word = "" if cell is None else str(cell).strip().casefold()
    if word and word not in WORDS:
        raise ValueError(
            f"{studies.file}, {studies.row[i]}: {COLUMN}={cell!r} is neither adjusted nor "
            f"unadjusted; allowed: blank, {', '.join(WORDS)}"
        )
    return WORDS[word] if word else None

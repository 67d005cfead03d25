"""RevMan 5 files: XML that may hold unescaped text, read by its tags and never expanded.

Only the tags and attributes of RevMan's own elements are looked at, in one pass; text, entities and
elements in between are passed over. A file that declares a document type or entities is refused.
"""

import re
from dataclasses import dataclass, field

from bayespool.studies.cochrane.entries import Fault, Settings, values_of
from bayespool.studies.cochrane.review import (
    COUNTS,
    ESTIMATES,
    LOG_RANK,
    MEANS,
    Analysis,
    DataRow,
    Review,
)
from bayespool.studies.cochrane.tags import Tag, tags_of
from bayespool.studies.problems import Problem, TableError

_KINDS = {"DICH": COUNTS, "CONT": MEANS, "IV": ESTIMATES, "IPD": LOG_RANK}
_COLUMNS = {
    COUNTS: {"e1": "EVENTS_1", "n1": "TOTAL_1", "e2": "EVENTS_2", "n2": "TOTAL_2"},
    MEANS: {"mean1": "MEAN_1", "sd1": "SD_1", "n1": "TOTAL_1", "mean2": "MEAN_2", "sd2": "SD_2",
            "n2": "TOTAL_2"},
    ESTIMATES: {"entered": "ESTIMATE", "shown": "EFFECT_SIZE", "se": "SE", "low": "CI_START",
                "high": "CI_END"},
    LOG_RANK: {"o_e": "O_E", "v": "VAR"},
}  # fmt: skip
_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_JUDGEMENTS = {"YES": "low", "NO": "high", "UNKNOWN": "unclear"}
_ALLOWED = "allowed is a RevMan 5 file of an intervention review, as RevMan writes it"


@dataclass
class _Open:
    """What the pass is in at the moment."""

    comparison: tuple[str, str] = ("", "")
    outcome: Tag | None = None
    outcome_name: str = ""
    measure: str = ""
    subgroup: str = ""
    naming: str = ""  # whose NAME comes next
    rows: list[DataRow] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)


def read_rm5(file: str, content: bytes) -> Review:
    """Analyses and risk of bias tables of a RevMan 5 file.

    Raises
    ------
    TableError
        It is none, is cut off, defines entities, is of test accuracy, or a number of it is none.
    """
    text, odd = _decoded(file, content)
    tags = list(tags_of(text))
    root = next((tag for tag in tags if tag.name == "COCHRANE_REVIEW"), None)
    if root is None:
        raise _refused(file, None, "the file holds no Cochrane review")
    if tags[-1].name != "COCHRANE_REVIEW" or not tags[-1].closing:
        raise _refused(file, tags[-1].line, f"the file ends within {tags[-1].name}: it is cut off")
    if root.attributes.get("TYPE", "").upper() == "DIAGNOSTIC":
        raise _refused(file, root.line, "the review is one of test accuracy",
                       "export its data as CSV (Test, Study ID, TP, FP, FN, TN)")  # fmt: skip
    studies = _studies(tags)
    analyses, problems = _analyses(file, tags, studies)
    if problems:
        raise TableError(problems)
    if odd:
        analyses = [Analysis(**(vars(a) | {"warnings": (*odd, *a.warnings)})) for a in analyses]
    return Review(file, tuple(analyses), _judgements(tags, studies))


def _refused(file: str, line: int | None, rule: str, allowed: str = _ALLOWED) -> TableError:
    return TableError([Problem(file, line, None, rule, allowed)])


def _decoded(file: str, content: bytes) -> tuple[str, list[str]]:
    """Text in the encoding that the file declares; where that fails UTF-8, else Windows-1252."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise _refused(file, None, "the file defines a document type or entities")
    declared = _ENCODING.match(content.removeprefix(b"\xef\xbb\xbf").lstrip())
    wanted = declared[1].decode("ascii") if declared else "utf-8"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        wanted = "utf-16"
    if wanted.casefold().replace("_", "-") in ("iso-8859-1", "latin-1", "latin1"):
        wanted = "cp1252"  # which is what programs that say so write
    for encoding in dict.fromkeys((wanted, "utf-8", "cp1252", "latin-1")):
        try:
            text = content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        if encoding == wanted or content.isascii():
            return text, []
        return text, [f"{file}: the file is not {wanted}, as it says, and is read as {encoding}"]
    raise _refused(file, None, f"the file is not text in {wanted}")


def _studies(tags: list[Tag]) -> dict[str, tuple[str, str]]:
    """Name and year of every study by its ID."""
    return {
        tag.attributes["ID"]: (tag.attributes["NAME"], tag.attributes.get("YEAR", ""))
        for tag in tags
        if tag.name == "STUDY" and {"ID", "NAME"} <= set(tag.attributes)
    }


def _analyses(
    file: str, tags: list[Tag], studies: dict[str, tuple[str, str]]
) -> tuple[list[Analysis], list[Problem]]:
    at, analyses, problems = _Open(), [], list[Problem]()
    for tag in tags:
        family, _, part = tag.name.rpartition("_")
        if tag.name == "COMPARISON" and not tag.closing:
            at = _Open(comparison=(tag.attributes.get("NO", ""), ""), naming="comparison")
        elif part == "OUTCOME" and family in _KINDS:
            if tag.closing and at.outcome is not None and at.rows:
                analyses.append(_closed(at, at.outcome, family))
            opened = None if tag.closing or tag.empty else tag
            at = _Open(at.comparison, opened, naming="outcome" if opened else "")
            at.measure = tag.attributes.get("EFFECT_MEASURE", "")
        elif part == "SUBGROUP" and family in _KINDS:
            at.subgroup, at.naming = "", "" if tag.closing else "subgroup"
        elif tag.name == "NAME" and not tag.closing and at.naming:
            _named(at, tag.text)
        elif tag.name == "EFFECT_MEASURE" and not tag.closing and at.outcome is not None:
            at.measure = tag.text
        elif part == "DATA" and family in _KINDS and not tag.closing and at.outcome is not None:
            try:
                at.rows.append(_row(at, tag, family, studies))
            except Fault as fault:
                problems.append(fault.problem(file, tag.line))
    return analyses, problems


def _named(at: _Open, name: str) -> None:
    if at.naming == "comparison":
        at.comparison = (at.comparison[0], name)
    elif at.naming == "outcome":
        at.outcome_name = name
    else:
        at.subgroup = name
    at.naming = ""


def _settings(at: _Open, outcome: Tag, family: str) -> Settings:
    log = outcome.attributes.get("LOG_DATA", "").upper()
    return Settings(
        _KINDS[family],
        at.measure,
        swap=outcome.attributes.get("SWAP_EVENTS", "").upper() == "YES",
        log={"YES": True, "NO": False}.get(log),
    )


def _row(at: _Open, tag: Tag, family: str, studies: dict[str, tuple[str, str]]) -> DataRow:
    assert at.outcome is not None
    settings = _settings(at, at.outcome, family)
    values, odd = values_of(settings, tag.attributes, _COLUMNS[settings.kind])
    identity = tag.attributes.get("STUDY_ID", "")
    study, year = studies.get(identity, (_plain(identity), ""))
    if odd:
        at.odd.append(f"{study}: {odd}")
    return DataRow(tag.line, study, year, at.subgroup, values)


def _plain(identity: str) -> str:
    """The name that an ID is made of: STD-MRC_x002d_1 is MRC-1."""
    name = re.sub("_x([0-9a-fA-F]{4})_", lambda code: chr(int(code[1], 16)), identity)
    return name.removeprefix("STD-").replace("-", " ")


def _closed(at: _Open, outcome: Tag, family: str) -> Analysis:
    settings = _settings(at, outcome, family)
    swapped = ("events and non-events are exchanged, as in the review",) if settings.swap else ()
    return Analysis(
        at.comparison[0],
        outcome.attributes.get("NO", ""),
        at.comparison[1],
        at.outcome_name,
        settings.kind,
        settings.name,
        tuple(at.rows),
        (*swapped, *at.odd),
    )


def _judgements(tags: list[Tag], studies: dict[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    """Judgements by domain; one that is unclear and not described was not made."""
    out: dict[str, dict[str, str]] = {}
    domain, groups, within = "", dict[str, str](), ""
    entry: Tag | None = None
    described = False
    for tag in tags:
        if tag.name == "QUALITY_ITEM":
            domain, groups, within = "", {}, ""
        elif tag.name == "QUALITY_ITEM_DATA_ENTRY_GROUP":
            within = "" if tag.closing or tag.empty else tag.attributes.get("ID", "")
        elif tag.name == "NAME" and not tag.closing:
            if within:
                groups[within] = tag.text
            elif not domain:
                domain = tag.text
        elif tag.name == "QUALITY_ITEM_DATA_ENTRY":
            if entry is not None and (tag.closing or entry.empty):
                _judge(out, domain, groups, entry, studies, described=described)
            entry, described = (None if tag.closing else tag), False
            if entry is not None and entry.empty:
                _judge(out, domain, groups, entry, studies, described=False)
                entry = None
        elif entry is not None and tag.text:
            described = True
    return out


def _judge(
    out: dict[str, dict[str, str]],
    domain: str,
    groups: dict[str, str],
    entry: Tag,
    studies: dict[str, tuple[str, str]],
    *,
    described: bool,
) -> None:
    word = _JUDGEMENTS.get(entry.attributes.get("RESULT", "").upper(), "")
    study, _ = studies.get(entry.attributes.get("STUDY_ID", ""), ("", ""))
    if not study or not word or (word == "unclear" and not described):
        return
    group = groups.get(entry.attributes.get("GROUP_ID", ""), "")
    name = domain if not group or len(groups) < 2 else f"{domain}: {group}"
    out.setdefault(name, {})[study] = word

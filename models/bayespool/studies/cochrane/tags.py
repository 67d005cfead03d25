"""Tags of a markup text in order, whatever stands between them: one pass, nothing expanded.

The time is proportional to the length of the text, also where it was made to stall a parser.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

_START = re.compile(r"<(/?)([A-Z][A-Z0-9_]*)")
_MARK = re.compile('[<>"]')
_ATTRIBUTE = re.compile(r'(?<![\w:.-])([A-Za-z_][\w:.-]*)\s*=\s*"([^"]*)"')


@dataclass(frozen=True)
class Tag:
    """An opening or closing tag, with the text behind it.

    Parameters
    ----------
    line
        Where it begins; the first line is 1.
    name
        In capitals, as RevMan writes them.
    closing, empty
        Whether it is ``</NAME>``, and whether it is ``<NAME/>``.
    attributes
        Values in quotes, entities of characters resolved.
    text
        Up to the next tag, in one line.
    """

    line: int
    name: str
    closing: bool
    empty: bool
    attributes: dict[str, str]
    text: str


def tags_of(text: str) -> Iterator[Tag]:
    """Tags in capitals; comments are passed over, and marked sections are text."""
    text = _without(text, "<!--", "-->", keep=False)
    text = _without(text, "<![CDATA[", "]]>", keep=True)
    line, seen = 1, 0
    found = list(_found(text))
    for place, (start, end, match) in enumerate(found):
        line += text.count("\n", seen, start)
        seen = start
        behind = found[place + 1][0] if place + 1 < len(found) else len(text)
        inside = text[match.end() : end - 1]
        yield Tag(
            line,
            match[2],
            bool(match[1]),
            inside.endswith("/"),
            {name: unescape(value).strip() for name, value in _ATTRIBUTE.findall(inside)},
            " ".join(unescape(text[end:behind]).split()),
        )


def _found(text: str) -> Iterator[tuple[int, int, re.Match[str]]]:
    """Start, end and name of every tag; what is not closed before the next sign < is text."""
    at = 0
    while match := _START.search(text, at):
        at = match.end()
        end = _end(text, at)
        if end:
            yield match.start(), end, match
            at = end


def _end(text: str, at: int) -> int:
    """Behind the sign > that closes a tag; a quoted one does not. 0 where there is none."""
    while mark := _MARK.search(text, at):
        if mark[0] == ">":
            return mark.end()
        if mark[0] == "<":
            return 0
        at = text.find('"', mark.end()) + 1
        if not at:
            return 0
    return 0


def _without(text: str, opening: str, closing: str, *, keep: bool) -> str:
    """Text without parts between two marks, or with their signs < as entities; lines stay."""
    parts, at = [], 0
    while (start := text.find(opening, at)) >= 0:
        end = text.find(closing, start)
        inside = text[start + len(opening) : end if end >= 0 else len(text)]
        parts += [
            text[at:start],
            inside.replace("<", "&lt;") if keep else "\n" * inside.count("\n"),
        ]
        at = end + len(closing) if end >= 0 else len(text)
    return "".join((*parts, text[at:]))

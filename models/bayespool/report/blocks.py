"""What a section of the page is made of. Texts are plain; the template escapes them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Prose:
    """A paragraph."""

    text: str
    block: str = "prose"


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]
    block: str = "bullets"


@dataclass(frozen=True)
class Table:
    """A table of texts; the first cell of every row is its header.

    A `folded` table is shown on demand, under that text. `marks` are the rows of the data that
    its rows show, if they do, so that a page can mark one in table and figures.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    folded: str = ""
    words: bool = False
    marks: tuple[int, ...] = ()
    block: str = "table"


@dataclass(frozen=True)
class Drawing:
    """A figure: name of its file, SVG text, caption."""

    name: str
    svg: str
    caption: str
    block: str = "drawing"


@dataclass(frozen=True)
class Listing:
    """Literal text such as a command."""

    text: str
    block: str = "listing"


@dataclass(frozen=True)
class Works:
    """References: (text, DOI or empty)."""

    items: tuple[tuple[str, str], ...]
    block: str = "works"


Block = Prose | Bullets | Table | Drawing | Listing | Works


@dataclass(frozen=True)
class Section:
    """A titled part of the page; `id` is its anchor, `nav` its name in the contents.

    Those of the `appendix` are folded on the screen and follow a page break on paper.
    """

    id: str
    nav: str
    title: str
    blocks: tuple[Block, ...]
    appendix: bool = False

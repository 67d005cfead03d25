"""A report as one self-contained HTML page."""

from __future__ import annotations

from bayespool.report.document import Document


def html(document: Document) -> str:
    """The page as one text; every text in it is escaped, figures are SVG inside it."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("bayespool.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("page.html").render(vars(document))

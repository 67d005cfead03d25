"""A report as one self-contained HTML page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib import resources

from bayespool.report.document import Document
from bayespool.report.downloads import Download


def html(document: Document, files: Sequence[Download] = ()) -> str:
    """The page as one text with files inside; every text is escaped, figures are SVG inside it.

    Its own script is the only one that a browser runs in it, by a policy with the script's hash.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("bayespool.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    script = (resources.files("bayespool.report") / "templates" / "page.js").read_text(
        encoding="utf-8"
    )
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("page.html").render(
        vars(document), files=files, script=script, script_hash=f"sha256-{digest}"
    )

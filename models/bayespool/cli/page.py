"""The command that opens the page to click."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Annotated

from cyclopts import Parameter

from bayespool.cli.delivery import DONE

TOKEN = "BAYESPOOL_APP_TOKEN"


def app(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    browser: Annotated[bool, Parameter(negative="--no-browser")] = True,
) -> int:
    """Open the page to click: drop a table, see the answer, take the report away.

    It is served on this machine alone, to whoever has the token in the printed address (that of the
    environment variable BAYESPOOL_APP_TOKEN, or a new one). It needs bayespool[app].

    Parameters
    ----------
    host
        Name or address to listen on; 0.0.0.0 lets other machines in, unencrypted.
    port
        0 takes a free one.
    browser
        Open it in the browser (--no-browser does not).
    """
    if find_spec("nicegui") is None:
        raise ValueError('the page needs NiceGUI; allowed: pip install "bayespool[app]" first')
    if not 0 <= port <= 65535:
        raise ValueError(f"--port {port}: allowed is 0 (any) to 65535")
    token = os.environ.get(TOKEN, "")
    from bayespool.app.server import serve

    serve(host, port, token, browser=browser)
    return DONE

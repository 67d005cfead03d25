"""What the parts of the page share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bayespool.app.session import Session

Change = Callable[..., Awaitable[None]]
FIELD = "dense outlined options-dense"


class View:
    """A part of the page.

    Parameters
    ----------
    session : Session
    change : coroutine function
        Does something to the session, and has the whole page follow.
    """

    def __init__(self, session: Session, change: Change) -> None:
        self._session, self._change = session, change

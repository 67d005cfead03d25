"""The server of the page: of this machine alone, with a token and limits; it leaves nothing."""

from __future__ import annotations

import secrets
import shutil
import socket
import sys
import tempfile
import time
import webbrowser
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from bayespool.app.saved import LARGEST_SESSION
from bayespool.app.session import Session
from bayespool.app.work import Workshop

LOCAL = ("127.0.0.1", "localhost", "::1")
KEPT = 900.0  # seconds that a session outlives its page, for a reload or a lost connection
MOST_SESSIONS = 200
LARGEST_BODY = LARGEST_SESSION + 2**16
POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self' ws: wss:; "
    "frame-ancestors 'self'; form-action 'self'; base-uri 'self'"
)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Guard:
    """Lets in whoever has the token, under a name of this machine, with bodies of limited size.

    Parameters
    ----------
    app : ASGI application
        What is guarded.
    token : str
        In the address of the first call; a cookie remembers it.
    cookie : str
        Its name.
    hosts : names of hosts
        That a request may be for; empty for any. A page elsewhere on the web that is pointed at
        this machine under its own name is turned away.
    """

    def __init__(
        self, app: Application, token: str, cookie: str, hosts: tuple[str, ...] = ()
    ) -> None:
        self._app, self._token, self._cookie, self._hosts = app, token, cookie, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        if self._hosts and _host(headers.get("host", "")) not in self._hosts:
            await _refuse(scope, send, 421, "This address is not served here.")
            return
        given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
        if (
            scope["type"] == "http"
            and given
            and secrets.compare_digest(given.encode(), self._token.encode())
        ):
            await self._remember(send)
            return
        held = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        known = held.value if held is not None else ""
        if not secrets.compare_digest(known.encode(), self._token.encode()):
            await _refuse(scope, send, 403, "Open the address with its token, as it was printed.")
            return
        length = headers.get("content-length", "0")
        if not length.isdecimal():
            await _refuse(scope, send, 400, "The length of the request is no number.")
            return
        if int(length) > LARGEST_BODY:
            await _refuse(scope, send, 413, f"Allowed are {LARGEST_BODY // 2**20} MiB at most.")
            return
        await self._app(scope, _limited(receive), _with_policy(send))

    async def _remember(self, send: Send) -> None:
        cookie = f"{self._cookie}={self._token}; Path=/; HttpOnly; SameSite=Strict"
        headers = [(b"location", b"/"), (b"set-cookie", cookie.encode())]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def _host(header: str) -> str:
    """Without the port; ``[::1]:8080`` is ``::1``."""
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0].lower()


async def _refuse(scope: Scope, send: Send, status: int, words: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": words})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"{words}\n".encode()})


def _limited(receive: Receive) -> Receive:
    """Counts a body that does not say how long it is."""
    seen = 0

    async def counting() -> MutableMapping[str, Any]:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > LARGEST_BODY:
                return {"type": "http.disconnect"}
        return message

    return counting


def _with_policy(send: Send) -> Send:
    """Says to the browser that nothing is loaded from elsewhere."""
    own = [
        (b"content-security-policy", POLICY.encode()), (b"referrer-policy", b"no-referrer"),
        (b"x-content-type-options", b"nosniff"),
    ]  # fmt: skip

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *own]
        await send(message)

    return sending


class Sessions:
    """The sessions of a server, one for each tab of a browser, each with a folder of its own.

    Parameters
    ----------
    root : Path
        Where the folders are made.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._held: dict[str, tuple[Session, Path]] = {}
        self._pages: Counter[str] = Counter()  # a page that is loaded again outlives itself
        self._left: dict[str, float] = {}

    def take(self, tab: str) -> tuple[Session, Path]:
        """The session of a tab, with its folder; a new one if it has none."""
        if tab not in self._held:
            if len(self._held) >= MOST_SESSIONS:
                raise RuntimeError(f"{MOST_SESSIONS} sessions are open; close one, or come back")
            folder = Path(tempfile.mkdtemp(dir=self._root))
            self._held[tab] = Session(), folder
        self._left.pop(tab, None)
        self._pages[tab] += 1
        return self._held[tab]

    def leave(self, tab: str) -> None:
        """A page was closed; if it was the last of its tab, the session stays for a while."""
        self._pages[tab] -= 1
        if not self._pages[tab]:
            self._left[tab] = time.monotonic()

    def clear(self, now: float | None = None) -> None:
        """Forget sessions whose page was closed long ago, and remove their folders."""
        now = time.monotonic() if now is None else now
        for tab in [tab for tab, since in self._left.items() if now - since > KEPT]:
            del self._left[tab], self._pages[tab]
            _, folder = self._held.pop(tab)
            shutil.rmtree(folder, ignore_errors=True)

    def __len__(self) -> int:
        return len(self._held)


def free_port(host: str) -> int:
    """A port that nobody listens on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as found:
        found.bind((host, 0))
        port: int = found.getsockname()[1]
        return port


def serve(host: str, port: int, token: str, *, browser: bool) -> None:
    """Serve the page until it is interrupted.

    Parameters
    ----------
    host
        Name or address to listen on.
    port
        0 takes a free one.
    token
        Empty makes one.
    browser
        Open it in the browser of this machine.
    """
    from nicegui import app, ui

    from bayespool.app.views.page import build

    port = port or free_port(host)
    token = token or secrets.token_urlsafe(24)
    hosts = LOCAL if host in LOCAL else ()
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}/?token={token}"
    workshop = Workshop()
    with tempfile.TemporaryDirectory(prefix="bayespool-app-") as root:
        sessions = Sessions(Path(root))

        @ui.page("/", title="bayespool")
        async def index() -> None:
            await build(sessions, workshop)

        def started() -> None:
            workshop.warm()
            print(f"bayespool is open at {address}", flush=True)
            if not hosts:
                print(
                    f"warning: {host} is reached from other machines; whoever has the token sees "
                    "this page, and nothing on its way is encrypted",
                    file=sys.stderr, flush=True,
                )  # fmt: skip
            if browser:
                webbrowser.open(address)

        app.on_startup(started)
        app.on_shutdown(workshop.close)
        app.on_shutdown(partial(shutil.rmtree, root))  # a signal ends the process after this
        app.timer(60.0, sessions.clear)
        app.add_middleware(Guard, token=token, cookie=f"bayespool_{port}", hosts=hosts)
        ui.run(
            host=host, port=port, title="bayespool", favicon="📊", dark=None, reload=False,
            show=False, show_welcome_message=False, reconnect_timeout=30.0, tailwind=False,
            language="en-US",
        )  # fmt: skip

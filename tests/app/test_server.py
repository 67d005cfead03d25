"""Who is let in, how much is taken, and what is left behind."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from threading import Thread

import pytest

from bayespool.app.server import LARGEST_BODY, Guard, Sessions
from bayespool.app.work import Cancelled, Workshop
from bayespool.cli.page import app

TOKEN, COOKIE = "right", "bayespool_1"
HELD = {"cookie": f"{COOKIE}={TOKEN}"}


async def inner(scope, receive, send):
    """An application that reads its whole body."""
    read = b""
    while scope["type"] == "http":
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        read += message.get("body", b"")
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"in"})


def asked(headers=None, query="", chunks=(b"",), kind="http", hosts=("127.0.0.1",)):
    """What the guard sends back."""
    headers = {"host": "127.0.0.1:1", **(headers or {})}
    scope = {
        "type": kind, "query_string": query.encode(),
        "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
    }  # fmt: skip
    parts = [
        {"type": "http.request", "body": chunk, "more_body": i < len(chunks) - 1}
        for i, chunk in enumerate(chunks)
    ]
    sent = []

    async def receive():
        return parts.pop(0)

    async def send(message):
        sent.append(message)

    asyncio.run(Guard(inner, TOKEN, COOKIE, hosts)(scope, receive, send))
    return sent


def status(*arguments, **named):
    return asked(*arguments, **named)[0]["status"]


def test_only_the_token_opens_the_page():
    assert status() == 403
    assert status(query="token=wrong") == 403
    assert status({"cookie": f"{COOKIE}=wrong"}) == 403
    assert status({"cookie": f"bayespool_2={TOKEN}"}) == 403
    assert status(HELD) == 200
    (start, _) = asked(query=f"token={TOKEN}")
    cookie = dict(start["headers"])[b"set-cookie"].decode()
    assert start["status"] == 303
    assert f"{COOKIE}={TOKEN}" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_a_socket_without_the_token_is_closed():
    assert asked(kind="websocket")[0]["type"] == "websocket.close"
    assert asked(HELD, kind="websocket")[0]["type"] == "http.response.start"


def test_a_page_elsewhere_cannot_be_pointed_here():
    assert status({**HELD, "host": "evil.example:1"}) == 421
    assert status({**HELD, "host": "evil.example"}, hosts=()) == 200


def test_a_body_is_limited_whether_or_not_it_says_its_size():
    assert status({**HELD, "content-length": str(LARGEST_BODY + 1)}) == 413
    assert status({**HELD, "content-length": "many"}) == 400
    chunk = b"x" * (LARGEST_BODY // 2)
    assert status(HELD, chunks=(chunk, chunk)) == 200
    assert asked(HELD, chunks=(chunk, chunk, b"xx")) == []


def test_nothing_is_loaded_from_elsewhere():
    policy = dict(asked(HELD)[0]["headers"])[b"content-security-policy"].decode()
    assert policy.startswith("default-src 'self'")
    assert "http" not in policy


def test_tabs_share_nothing_and_leave_nothing(tmp_path: Path):
    sessions = Sessions(tmp_path)
    one, folder = sessions.take("one")
    two, other = sessions.take("two")
    one.load_dataset("telomerase")
    assert two.sheet is None
    assert folder != other
    (folder / "half a report").write_text("")
    sessions.leave("one")
    sessions.clear()
    assert sessions.take("one")[0] is one  # reloaded in time
    assert sessions.take("one")[0] is one  # and again, before the page before was gone
    sessions.leave("one")
    sessions.clear(now=1e12)
    assert folder.exists()
    sessions.leave("one")
    sessions.clear(now=1e12)
    assert not folder.exists()
    assert other.exists()
    assert sessions.take("one")[0] is not one


@pytest.fixture(scope="module")
def workshop():
    found = Workshop(most=1)
    yield found
    found.close()


def test_work_that_is_not_wanted_ends_and_frees_its_place(workshop):
    job = workshop.job()

    async def both():
        running = asyncio.get_running_loop().run_in_executor(None, job.run, time.sleep, 600)
        await asyncio.sleep(0.3)
        job.cancel()
        with pytest.raises(Cancelled):
            await running

    asyncio.run(both())
    assert workshop.job().run(len, (1, 2)) == 2


def test_long_work_leaves_a_process_to_short_work():
    workshop = Workshop(most=2)
    long = [workshop.job(long=True) for _ in range(3)]
    threads = [Thread(target=ends_or_is_cancelled, args=(job,), daemon=True) for job in long]
    for thread in threads:
        thread.start()
    assert workshop.job().run(len, (1, 2, 3)) == 3
    for job in long:
        job.cancel()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    workshop.close()


def ends_or_is_cancelled(job):
    with pytest.raises(Cancelled):
        job.run(time.sleep, 600)


def test_work_that_was_cancelled_before_it_began_does_not_begin(workshop):
    job = workshop.job()
    job.cancel()
    with pytest.raises(Cancelled):
        job.run(len, (1,))


def test_what_fails_in_a_process_is_raised_here(workshop):
    with pytest.raises(ZeroDivisionError):
        workshop.job().run(divmod, 1, 0)


def test_a_text_that_names_the_main_module_is_sent(workshop):
    assert workshop.job().run(str.upper, "__main__") == "__MAIN__"


def test_without_the_extra_the_command_says_what_to_install(monkeypatch):
    monkeypatch.setattr("bayespool.cli.page.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r'pip install "bayespool\[app\]"'):
        app()


def test_a_port_that_is_none_is_refused():
    with pytest.raises(ValueError, match="--port 70000"):
        app(port=70_000)

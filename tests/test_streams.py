"""Streams of random numbers: one purpose, one stream, numbered in one place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import bayespool
from bayespool.streams import STREAMS, rng

PACKAGE = Path(bayespool.__file__).parent


def test_no_two_purposes_or_places_share_their_numbers() -> None:
    places = [()] + [(i,) for i in range(3)]
    firsts = [rng(2026, name, *at).random() for name in STREAMS for at in places]
    firsts += [rng(seed, "prior").random() for seed in (0, 1)]
    assert len(set(firsts)) == len(firsts)
    assert rng(2026, "prior").random() == firsts[0]


def test_every_purpose_is_used_and_known() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    used = set(re.findall(r'rng\([\w.()]+(?:\([\w.()]*\)\)+\.seed)?, "([^"]+)"', source))
    assert used == set(STREAMS)
    with pytest.raises(KeyError):
        rng(1, "luck")


def test_nobody_else_numbers_a_stream() -> None:
    for path in PACKAGE.rglob("*.py"):
        if path.name != "streams.py":
            assert "default_rng([" not in path.read_text(encoding="utf-8"), path

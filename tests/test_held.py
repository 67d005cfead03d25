"""Results that live with what they were computed from."""

from __future__ import annotations

import gc
import weakref

import pytest

from bayespool.held import held


class Thing:
    pass


def test_each_thing_is_asked_once_for_each_argument() -> None:
    asked: list[tuple[object, ...]] = []

    @held
    def answer(thing: Thing, *more: int, word: str = "") -> list[object]:
        asked.append((*more, word))
        if word == "wrong":
            raise ValueError(word)
        return [thing, more]

    one, other = Thing(), Thing()
    assert answer(one) is answer(one)
    assert answer(one) is not answer(other)
    assert answer(one, 1) is answer(one, 1)
    assert answer(one, 1) is not answer(one, 2)
    assert answer(one, word="a") is answer(one, word="a")
    assert asked == [("",), ("",), (1, ""), (2, ""), ("a",)]
    for _ in range(2):  # a failure is no result
        with pytest.raises(ValueError, match="wrong"):
            answer(one, word="wrong")
    assert len(asked) == 7


def test_nothing_is_kept_alive() -> None:
    @held
    def answer(thing: Thing) -> Thing:
        return thing

    one = Thing()
    answer(one)
    gone = weakref.ref(one)
    del one
    gc.collect()
    assert gone() is None

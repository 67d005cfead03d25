"""Functions that workers are given in tests: of a module that they can load."""

from __future__ import annotations

import os
import time
import warnings
from typing import Any

from bayespool import progress
from bayespool.parallel import cores
from bayespool.studies import Problem, TableError

PROBLEM = Problem("a.csv", 3, "tp", "tp=12 exceeds n1=10", "counts need 0 <= tp <= n1")


def slowly(value: Any, seconds: float = 0.15) -> tuple[Any, int]:
    time.sleep(seconds)
    return value, os.getpid()


def talk(value: int) -> int:
    time.sleep(0.15)
    progress.stage(f"stage {value}")
    progress.say(f"line {value}")
    print("text", value)
    return os.getpid()


def fail(value: int, wrong: tuple[int, ...]) -> int:
    time.sleep(0.02 * (10 - value))  # the later in the order, the sooner done
    if value in wrong:
        raise TableError([PROBLEM, Problem(f"{value}.csv", None, None, "bad", "good")])
    return value


def warn(value: int) -> int:
    time.sleep(0.15)
    for _ in range(3):
        warnings.warn(f"careful at {os.getpid()}", UserWarning, stacklevel=1)
    return value


def die(value: int, parent: int) -> int:
    time.sleep(0.1)
    if os.getpid() != parent:
        os._exit(3)
    return value


def interrupt(value: int, parent: int) -> int:
    if os.getpid() == parent:
        time.sleep(0.5)  # a worker has begun
        raise KeyboardInterrupt
    time.sleep(60.0)
    return value


def how_many_cores(value: int) -> tuple[int, int]:
    time.sleep(0.1)
    return os.getpid(), cores()


def no_answer(value: int) -> Any:
    time.sleep(0.1)
    return lambda: value

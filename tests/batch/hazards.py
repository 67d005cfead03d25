"""Loaded by the workers of the tests: a model that ends its process, and one that takes time."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from typing import Any

from bayespool.association import NormalNormal


@dataclass(frozen=True)
class Deadly(NormalNormal):
    """Ends the process that looks at it, as the kernel does where memory is short."""

    def hierarchy(self, studies: Any) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Slow(NormalNormal):
    """Takes a while."""

    def hierarchy(self, studies: Any) -> Any:
        time.sleep(0.25)
        return super().hierarchy(studies)

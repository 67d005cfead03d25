"""Independent computations side by side: the same results, whatever the number of cores.

Every task has its own seed and no task sees another, so that where and when one is done changes
nothing. The process that asks works too. Others are started when what is left to do is worth their
start, are kept for the next tasks of the same run, and never start any themselves.
"""

from __future__ import annotations

from bayespool.parallel.later import Later, beside
from bayespool.parallel.pool import CORES, cores
from bayespool.parallel.tasks import each

__all__ = ["CORES", "Later", "beside", "cores", "each"]

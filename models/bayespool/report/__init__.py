"""The report: one self-contained HTML page and its machine-readable twins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bayespool.report.build import write_report
    from bayespool.report.make import make_report

__all__ = ["make_report", "write_report"]


def __getattr__(name: str) -> Any:
    """Import on first use: `bayespool.report.summary` is to cost no more than NumPy."""
    if name == "write_report":
        from bayespool.report.build import write_report

        return write_report
    if name == "make_report":
        from bayespool.report.make import make_report

        return make_report
    raise AttributeError(f"module 'bayespool.report' has no attribute {name!r}")

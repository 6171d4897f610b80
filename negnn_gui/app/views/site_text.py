"""How the numbers of a site are written, the same in the table, the hover card and the lists."""

from __future__ import annotations

import math

NO_DATA = "no data"
DOUBT = "⚠"
"""Stands before what is said of wide intervals and of sites far from the training data."""


def moment_text(median: float, alternative: float = math.nan) -> str:
    """A magnitude in μB, with the second spin state where there is one: "4.60 or 0.90"."""
    if not math.isfinite(median):
        return NO_DATA
    if math.isfinite(alternative):
        return f"{median:.2f} or {alternative:.2f}"
    return f"{median:.2f}"


def interval_text(lo: float, hi: float) -> str:
    """The 90 % interval, "1.55 to 1.82"; empty where there is none."""
    return f"{lo:.2f} to {hi:.2f}" if math.isfinite(lo) and math.isfinite(hi) else ""


def number_text(value: float, decimals: int = 2) -> str:
    """A number, or nothing where it is not known."""
    if not math.isfinite(value):
        return ""
    # Adding zero turns a rounded "-0.00" into "0.00".
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def is_wide(median: float, lo: float, hi: float) -> bool:
    """Whether an interval says little: more than 1 μB wide and more than half the moment."""
    from negnn_gui.analysis.doubt import wide  # brings NumPy, which the first paint does not wait for

    return bool(wide(median, lo, hi))


def is_far(ood_score: float) -> bool:
    """Whether a site is farther from the training sites than 95 % of these are from each other."""
    from negnn_gui.analysis.doubt import far

    return bool(far(ood_score))


def count_text(n: int, noun: str) -> str:
    """ "1 site", "12,040 sites"."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def shortened(name: str, length: int = 36) -> str:
    """A long name without its middle: beginnings and ends tell files apart."""
    if len(name) <= length:
        return name
    tail = length // 2
    return f"{name[: length - tail - 1]}…{name[-tail:]}"

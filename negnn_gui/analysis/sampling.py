"""Which sites represent a large collection: one per symmetry class, balanced over elements and moments."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

# Edges of the moment classes, μB: nearly none, weak, then about one unpaired electron each.
MOMENT_EDGES = (0.1, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 7.0)


def one_per_class(equivalent: ArrayLike, moments: ArrayLike | None = None) -> IntArray:
    """First site of each symmetry class, and of each magnetic magnitude within it.

    Parameters
    ----------
    equivalent : (N,) int
        Sites with the same number are equivalent by symmetry.
    moments : (N,) float or None
        Site moments, μB. Equivalent sites whose abs(m) rounds to different hundredths stay apart: magnetic
        order can split a crystallographic class. NaN counts as a value of its own.

    Returns
    -------
    (M,) int
        Indices in rising order.
    """
    classes = np.asarray(equivalent, dtype=np.int64)
    magnitude = np.full(len(classes), -1, dtype=np.int64)
    if moments is not None:
        given = np.abs(np.asarray(moments, dtype=np.float64))
        known = np.isfinite(given)
        magnitude[known] = np.rint(given[known] * 100).astype(np.int64)
    _, first = np.unique(np.column_stack([classes, magnitude]), axis=0, return_index=True)
    return np.sort(first).astype(np.int64)


def sample_balanced(elements: ArrayLike, moments: ArrayLike, n: int, seed: int) -> IntArray:
    """Choose ``n`` sites so that every element, and every moment class within it, is represented alike.

    Rare strata are taken whole, the room they leave goes to the others in equal parts.

    Parameters
    ----------
    elements : (N,) int or str
        Element of each site.
    moments : (N,) float
        Site moments, μB; the sign is ignored, NaN is a class of its own.
    n : int
        Sites wanted; all are returned where there are no more.
    seed : int
        The same seed chooses the same sites.

    Returns
    -------
    (min(n, N),) int
        Indices in rising order.
    """
    kinds = np.asarray(elements)
    magnitude = np.abs(np.asarray(moments, dtype=np.float64))
    if len(kinds) != len(magnitude):
        raise ValueError(f"{len(kinds)} elements but {len(magnitude)} moments")
    if n < 0:
        raise ValueError(f"cannot choose {n} sites")
    classes = np.digitize(magnitude, MOMENT_EDGES)
    classes[np.isnan(magnitude)] = len(MOMENT_EDGES) + 1
    rng = np.random.default_rng(seed)
    _, element_of = np.unique(kinds, return_inverse=True)
    quotas = equal_shares(np.bincount(element_of), n)
    chosen: list[IntArray] = []
    for element, quota in enumerate(quotas):
        own = np.flatnonzero(element_of == element)
        _, class_of = np.unique(classes[own], return_inverse=True)
        for number, share in enumerate(equal_shares(np.bincount(class_of), int(quota))):
            stratum = own[class_of == number]
            chosen.append(rng.choice(stratum, size=int(share), replace=False))
    return np.sort(np.concatenate(chosen)).astype(np.int64) if chosen else np.empty(0, dtype=np.int64)


def equal_shares(sizes: ArrayLike, n: int) -> IntArray:
    """Share ``n`` places among groups as equally as their sizes allow.

    Parameters
    ----------
    sizes : (G,) int
        How many each group has.

    Returns
    -------
    (G,) int
        At most ``sizes`` each; together n, or all there are. The last places go to the larger groups.
    """
    room = np.asarray(sizes, dtype=np.int64)
    shares = np.zeros_like(room)
    left = min(int(n), int(room.sum()))
    order = np.argsort(room, kind="stable")
    for rank, group in enumerate(order):
        shares[group] = min(int(room[group]), left // (len(order) - rank))
        left -= int(shares[group])
    return shares

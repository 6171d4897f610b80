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
    if len(kinds) != len(np.asarray(moments)):
        raise ValueError(f"{len(kinds)} elements but {len(np.asarray(moments))} moments")
    if n < 0:
        raise ValueError(f"cannot choose {n} sites")
    classes = moment_classes(moments)
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


def sample_representative(
    elements: ArrayLike, moments: ArrayLike, n: int, seed: int, *, least: int = 20
) -> IntArray:
    """Choose ``n`` sites so that none of the kinds is missing and common ones are as common as they are.

    Of each element and moment class first up to ``least`` sites are taken; the room that is left goes to all classes in
    proportion to what they still have. A balanced sample (:func:`sample_balanced`) shows rare kinds better, but there
    the nearest neighbours of an ordinary site are its rare relatives, and their moments mislead.

    Parameters
    ----------
    elements : (N,) int or str, moments : (N,) float
        As for :func:`sample_balanced`.

    Returns
    -------
    (min(n, N),) int
        Indices in rising order.
    """
    stratum = _strata(elements, moments)
    _, stratum, sizes = np.unique(stratum, return_inverse=True, return_counts=True)
    stratum = stratum.reshape(-1)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(stratum))
    rank = np.empty(len(stratum), dtype=np.int64)  # of each site within its class, at random
    sorted_by_class = order[np.argsort(stratum[order], kind="stable")]
    rank[sorted_by_class] = np.arange(len(stratum)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    first = rank < least
    if first.sum() >= n:
        return sample_balanced(elements, moments, n, seed)
    rest = order[~first[order]][: n - int(first.sum())]
    return np.sort(np.concatenate([np.flatnonzero(first), rest])).astype(np.int64)


def stratum_weights(elements: ArrayLike, moments: ArrayLike, chosen: ArrayLike) -> FloatArray:
    """How many sites each of the chosen ones stands for.

    A balanced sample holds rare kinds far more often than nature does; with these weights averages over it are again
    averages over the collection.

    Parameters
    ----------
    elements : (N,) int or str, moments : (N,) float
        Of the whole collection, as for :func:`sample_balanced`.
    chosen : (n,) int
        Rows of the sample.

    Returns
    -------
    (n,) float
        Sites of the element and moment class in the collection over those in the sample; at least 1.
    """
    stratum = _strata(elements, moments)
    rows = np.asarray(chosen, dtype=np.int64)
    there = np.bincount(stratum)
    taken = np.bincount(stratum[rows], minlength=len(there))
    return np.asarray(there[stratum[rows]] / taken[stratum[rows]], dtype=np.float64)


def _strata(elements: ArrayLike, moments: ArrayLike) -> IntArray:
    """(N,) int: element and range of abs(m) together."""
    _, kind = np.unique(np.asarray(elements), return_inverse=True)
    return np.asarray(kind.reshape(-1) * (len(MOMENT_EDGES) + 2) + moment_classes(moments))


def moment_classes(moments: ArrayLike) -> IntArray:
    """(N,) int: range of abs(m), of ``MOMENT_EDGES``, of each site; unknown moments are a class of their own."""
    magnitude = np.abs(np.asarray(moments, dtype=np.float64))
    classes = np.digitize(magnitude, MOMENT_EDGES)
    classes[np.isnan(magnitude)] = len(MOMENT_EDGES) + 1
    return np.asarray(classes, dtype=np.int64)


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

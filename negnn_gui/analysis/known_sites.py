"""The atlas that ships with the program, and what it adds to an analysis."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TypeVar

import numpy as np

from negnn_gui import locations
from negnn_gui.analysis.atlas import KNOWN_LEVEL, Atlas, AtlasError
from negnn_gui.results import Analysis, ModelRef

log = logging.getLogger(__name__)

T = TypeVar("T")


@cache
def shipped_atlas(encoder: ModelRef) -> Atlas | None:
    """The shipped atlas if it fits ``encoder``; None (with the reason in the log) where it cannot be used."""
    folder = locations.resources_dir() / "atlas"
    try:
        return Atlas.load(folder, encoder)
    except AtlasError as error:
        log.warning("going on without the atlas of known sites: %s", error)
        return None


def shipped_atlas_ref(encoder: ModelRef) -> ModelRef | None:
    """Identity of the shipped atlas (of its index, which holds the sha256 of the rest), if it fits ``encoder``."""
    if shipped_atlas(encoder) is None:
        return None
    index = locations.resources_dir() / "atlas" / "atlas.json"
    return ModelRef("atlas", hashlib.sha256(index.read_bytes()).hexdigest())


def with_nearest_known(analysis: Analysis) -> Analysis:
    """The analysis with the most similar known site of each of its sites.

    Unchanged where no atlas fits, and where only embeddings were asked for.
    """
    return all_with_nearest_known([analysis])[0]


def all_with_nearest_known(outcomes: Sequence[Analysis | T]) -> list[Analysis | T]:
    """The same for many analyses of one encoder: one search for all of them takes a fraction of the time.

    What is no analysis (a failure, say) stays as it is, in its place.
    """
    analyses = [outcome for outcome in outcomes if isinstance(outcome, Analysis)]
    first = next((analysis for analysis in analyses if analysis.model is not None), None)
    atlas = shipped_atlas(first.encoder) if first is not None else None
    if atlas is None:
        return list(outcomes)
    found = atlas.nearest_known(np.concatenate([a.embeddings[: KNOWN_LEVEL + 1] for a in analyses], axis=1))
    completed, end = list(outcomes), 0
    for place, outcome in enumerate(outcomes):
        if isinstance(outcome, Analysis):
            begin, end = end, end + outcome.n_sites
            completed[place] = replace(outcome, nearest=found.part(slice(begin, end)))
    return completed

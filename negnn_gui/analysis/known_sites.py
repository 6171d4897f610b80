"""The atlas that ships with the program, and what it adds to an analysis."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from functools import cache

from negnn_gui import locations
from negnn_gui.analysis.atlas import Atlas, AtlasError
from negnn_gui.results import Analysis, ModelRef

log = logging.getLogger(__name__)


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
    atlas = shipped_atlas(analysis.encoder) if analysis.model is not None else None
    if atlas is None:
        return analysis
    return replace(analysis, nearest=atlas.nearest_known(analysis.embeddings))

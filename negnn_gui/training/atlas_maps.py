"""What an atlas carries beside its vectors: learned distances, and maps that take minutes to fit."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import numpy as np

from negnn_gui.analysis.atlas_files import AtlasSites
from negnn_gui.analysis.linear_metric import LinearMetric, discriminating, standardising
from negnn_gui.analysis.neighbour_map import NeighbourMap
from negnn_gui.analysis.projection import LinearProjection, spaced_rows
from negnn_gui.analysis.sampling import moment_classes
from negnn_gui.analysis.tsne import fit_tsne, tsne_available
from negnn_gui.analysis.tsne_map import TsneMap
from negnn_gui.analysis.umap_fit import fit_umap, umap_available
from negnn_gui.results import Float32Array, FloatArray, join_levels

log = logging.getLogger(__name__)

_TSNE_LEVELS = ("0", "1", "2", "3", "4", "5", "01")
_UMAP_LEVELS = ("1", "01")
_DISCRIMINANT_LEVELS, _DIMENSIONS = "012", 64


def learned_metrics(embeddings: Float32Array, sites: AtlasSites) -> dict[str, LinearMetric]:
    """Distances learned from the (levels, N, D) vectors of the atlas.

    "standardised" needs no labels; "discriminant" tells element and range of abs(m) apart, the labels of the training
    sites.
    """
    moments = np.where(np.isfinite(sites.moment_dft), sites.moment_dft, sites.moment_exp)
    _, element = np.unique(sites.element.astype(str), return_inverse=True)
    kinds = 100 * element.reshape(-1) + moment_classes(moments)
    metrics = {"standardised": standardising(join_levels(embeddings, "01"), "01")}
    if len(embeddings) > 2:
        vectors = join_levels(embeddings, _DISCRIMINANT_LEVELS)
        metrics["discriminant"] = discriminating(vectors, kinds, _DISCRIMINANT_LEVELS, _DIMENSIONS)
    return metrics


def stored_maps(
    embeddings: Float32Array, projections: Mapping[str, LinearProjection]
) -> dict[str, FloatArray]:
    """(N, 2) places of the atlas sites on t-SNE and UMAP maps, by names such as "tsne:01".

    Fitted to 8,000 evenly spaced sites, from their principal components; the others are placed on the t-SNE maps by
    t-SNE, on the UMAP maps where their neighbours among these lie.
    """
    rows = spaced_rows(embeddings.shape[1])
    found: dict[str, FloatArray] = {}
    kinds = (
        ("tsne", _TSNE_LEVELS, tsne_available(), fit_tsne),
        ("umap", _UMAP_LEVELS, umap_available(), fit_umap),
    )
    for kind, choices, available, fit in kinds:
        for levels in choices if available else ():
            if max(levels) >= str(len(embeddings)):
                continue
            vectors = join_levels(embeddings, levels)
            start = projections[levels].transform(vectors)
            places = fit(vectors[rows], start[rows])
            assert places is not None  # nobody cancels
            opened = TsneMap if kind == "tsne" else NeighbourMap
            found[f"{kind}:{levels}"] = opened(vectors[rows], places).transform(vectors)
            log.info("fitted %s at level %s", kind, levels)
    return found

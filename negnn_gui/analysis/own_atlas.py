"""An atlas of one's own: analysed structures become known sites that later ones are compared with."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from negnn_gui.analysis.atlas_files import AtlasSites, write_atlas
from negnn_gui.analysis.motifs import site_motifs
from negnn_gui.analysis.projection import AlignedMaps, spaced_rows
from negnn_gui.analysis.sampling import one_per_class
from negnn_gui.results import Analysis, Float32Array, ModelRef, join_levels
from negnn_gui.structures.entry import StructureEntry

ATTRIBUTION = "Sites of the user's own structures; the moments are those that the files carry."


def write_own_atlas(
    folder: Path,
    analysed: Iterable[tuple[StructureEntry, Analysis]],
    name: str = "",
    *,
    progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> int:
    """Write one site of each symmetry class of some structures into an atlas; returns how many there are.

    Moments that a magnetic CIF carries count as measured, those of other files as calculated; sites without one are
    known by element, formula and motif alone.

    Parameters
    ----------
    progress : callable, optional
        Called with the number of structures done.
    cancelled : callable, optional
        Asked after each structure; nothing is written then, and the answer is 0.

    Raises
    ------
    ValueError
        There is no structure, or they were analysed with different encoders.
    """
    encoders: set[ModelRef] = set()
    vectors: list[Float32Array] = []
    columns: dict[str, list[object]] = {key: [] for key in ("element", "formula", "source_id", "motif")}
    calculated, measured = [], []
    for number, (entry, analysis) in enumerate(analysed):
        if cancelled is not None and cancelled():
            return 0
        moments = np.full(entry.n_sites, np.nan)
        if entry.moment_input is not None:
            moments = np.abs(np.asarray(entry.moment_input, dtype=np.float64))
        rows = one_per_class(entry.equivalent, moments)
        encoders.add(analysis.encoder)
        vectors.append(analysis.embeddings[:, rows])  # only these: the rest of many structures is not kept
        columns["element"] += [entry.elements[row] for row in rows]
        columns["formula"] += [entry.formula] * len(rows)
        columns["source_id"] += [entry.name] * len(rows)
        columns["motif"] += site_motifs(entry.structure, rows.tolist())
        from_experiment = entry.moment_vectors is not None
        measured.append(moments[rows] if from_experiment else np.full(len(rows), np.nan))
        calculated.append(np.full(len(rows), np.nan) if from_experiment else moments[rows])
        if progress is not None:
            progress(number + 1)
    if not vectors:
        raise ValueError("an atlas needs at least one predicted structure")
    if len({encoder.sha256 for encoder in encoders}) > 1:
        raise ValueError("the structures were analysed with different encoders: predict them again with one")
    embeddings = np.concatenate(vectors, axis=1)
    sites = AtlasSites(
        **{key: np.array(values, dtype=object) for key, values in columns.items()},
        moment_dft=np.concatenate(calculated),
        moment_exp=np.concatenate(measured),
    )
    fitted_to = embeddings[:, spaced_rows(len(sites))]
    maps = AlignedMaps(lambda levels: join_levels(fitted_to, levels), {})
    is_new = not folder.exists()
    try:
        write_atlas(
            folder,
            encoder=encoders.pop(),
            sites=sites,
            embeddings=embeddings,
            projections={str(level): maps.projection(str(level)) for level in range(len(embeddings))},
            attribution=ATTRIBUTION,
            name=name,
        )
    except OSError:
        if is_new:  # half an atlas would only stand in the way of the next try
            shutil.rmtree(folder, ignore_errors=True)
        raise
    return len(sites)

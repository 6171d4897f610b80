"""Tables of known moments -> an atlas: sampled sites of the train split, embedded with one encoder.

Only training rows are taken, so that test formulas stay unseen also by what is looked up in the atlas.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from negnn_gui.analysis.atlas import Atlas
from negnn_gui.analysis.atlas_files import AtlasSites, write_atlas
from negnn_gui.analysis.projection import AlignedMaps, spaced_rows
from negnn_gui.models import registry
from negnn_gui.models.loading import load_encoder
from negnn_gui.models.negnn import DFT, EXPERIMENTAL
from negnn_gui.results import join_levels
from negnn_gui.training.atlas_card import atlas_card
from negnn_gui.training.atlas_evaluate import atlas_figures
from negnn_gui.training.atlas_maps import learned_metrics, stored_maps
from negnn_gui.training.atlas_sites import choose_sites, embed_atoms, site_columns
from negnn_gui.training.fit_run import open_moment_data
from negnn_gui.training.tables import read_column

log = logging.getLogger(__name__)

_CHOICES = ("0", "01", "012", "0123", "01234", "012345", "1", "2", "3", "4", "5")
ATTRIBUTION = (
    "Calculated moments: Materials Project (Jain et al., APL Mater. 1 (2013) 011002), CC BY 4.0. Measured moments: "
    "MAGNDATA, Bilbao Crystallographic Server (Gallego et al., J. Appl. Cryst. 49 (2016) 1750 and 1941); the source "
    "of each measured site is the DOI of its entry."
)


def build_atlas(
    data: Path,
    folder: Path,
    encoder_id: str,
    sites: int,
    seed: int,
    *,
    evaluate: bool = True,
    maps: bool = True,
) -> int:
    """Write an atlas of about ``sites`` sites into ``folder``; returns how many there are.

    Measured sites get up to a quarter of the room.

    Parameters
    ----------
    evaluate : bool
        Measure on the val and test splits how far likeness in the atlas goes with chemistry and moments, and write the
        figures into its card.
    maps : bool
        Store t-SNE (and UMAP) maps, where the libraries that fit them are installed.

    Raises
    ------
    TrainingDataError, UnknownModelError, ModelFileError
        What is needed is missing or damaged.
    """
    info = registry.get(encoder_id, "encoder")
    encoder = load_encoder(info)
    measured = choose_sites(open_moment_data(data, EXPERIMENTAL, encoder.spec), sites // 4, seed)
    dft = open_moment_data(data, DFT, encoder.spec)
    calculated = choose_sites(dft, sites - len(measured.atoms), seed)
    log.info("chose %d calculated and %d measured sites", len(calculated.atoms), len(measured.atoms))
    parts = [
        (
            calculated,
            site_columns(calculated, read_column(data, "mp_magmoms", "structure_id"), measured=False),
        ),
        (measured, site_columns(measured, read_column(data, "magndata", "doi"), measured=True)),
    ]
    embeddings = np.concatenate(
        [embed_atoms(encoder, chosen.data, chosen.atoms) for chosen, _ in parts], axis=1
    )
    log.info("embedded them")
    known = {name: np.concatenate([columns[name] for _, columns in parts]) for name in parts[0][1]}
    columns = AtlasSites(**known)
    fitted_to = embeddings[:, spaced_rows(embeddings.shape[1])]
    pca = AlignedMaps(lambda levels: join_levels(fitted_to, levels), {})
    projections = {choice: pca.projection(choice) for choice in _CHOICES}
    metrics = learned_metrics(embeddings, columns)
    coordinates = stored_maps(embeddings, projections) if maps else {}

    def write(card: str) -> None:
        write_atlas(
            folder,
            encoder=info.ref,
            sites=columns,
            embeddings=embeddings,
            projections=projections,
            coordinates=coordinates,
            attribution=ATTRIBUTION,
            metrics=metrics,
            name="Known magnetic sites",
            version=f"{info.id}-{len(columns)}-{seed}",
            card=card,
        )

    write("")
    if evaluate:
        figures = atlas_figures(Atlas.load(folder, info.ref), encoder, dft, seed)
        write(atlas_card(info.ref, columns, figures, seed))
    return len(columns)

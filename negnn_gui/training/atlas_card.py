"""The card of an atlas: what it holds, how it was made, and what likeness in it means, in figures."""

from __future__ import annotations

from collections import Counter

import numpy as np

from negnn_gui.analysis.atlas_files import AtlasSites
from negnn_gui.results import ModelRef
from negnn_gui.training.atlas_evaluate import AtlasFigures, K


def atlas_card(encoder: ModelRef, sites: AtlasSites, figures: AtlasFigures, seed: int) -> str:
    """Markdown for the README of an atlas."""
    calculated, measured = np.isfinite(sites.moment_dft).sum(), np.isfinite(sites.moment_exp).sum()
    elements = Counter(sites.element.tolist())
    rows = [
        f"| {levels} | {found.element_purity:.3f} | {found.motif_purity:.3f} | {found.mean_error:.3f} | "
        f"{found.median_error:.3f} | {found.same_element_error:.3f} |"
        for levels, found in figures.levels.items()
    ]
    tried = [
        f"| {way} | {error:.3f} |"
        for way, error in sorted(figures.chosen_on_val.items(), key=lambda item: item[1])
    ]
    return "\n".join(
        [
            "# Atlas of known magnetic sites",
            "",
            f"{len(sites):,} sites of {len(elements)} elements ({calculated:,} with a calculated, {measured:,} with a "
            f"measured moment) from the training rows of `mp_magmoms` and `magndata`, embedded with `{encoder.id}` "
            f"(sha256 {encoder.sha256[:12]}…). One site of each kind within a structure; four fifths have "
            "abs(m) > 0.1 μB. Up to twenty sites of every element and range of abs(m), the rest as common as they are "
            "in the tables; each site carries a weight, how many sites of its element and range it stands for.",
            "",
            f"Made with `negnn atlas build --data DIR --out DIR --encoder {encoder.id} --seed {seed}`, on a CPU.",
            "",
            "## What likeness means",
            "",
            "For atoms of the test split with a calculated abs(m) > 0.1 μB, which are in no row the atlas was made "
            f"of: share of their {K} nearest atlas sites (cosine distance at each level choice) with the same element "
            "and with the same coordination motif, and the mean absolute error (μB) of abs(m) taken from these: their "
            "mean, "
            "their weighted median (a site counts the more the nearer it is and the more sites it stands for), and the "
            "weighted median of the nearest of the same element. "
            f"Sample of {figures.test_sites:,} different sites, seed {seed}.",
            "",
            "| levels | element | motif | mean | weighted median | weighted median, same element |",
            "| --- | --- | --- | --- | --- | --- |",
            *rows,
            "",
            "## The best way",
            "",
            f"Chosen on val (sample of {figures.val_sites:,} sites): **{figures.best}**. On all "
            f"{figures.all_test_sites:,} different magnetic sites of the test split ({figures.test_atoms:,} atoms), "
            f"reported once: **{figures.best_test_error:.3f} μB** (the element's median: 0.638 μB). "
            f"The best by cosine distance alone, {figures.best_cosine}: {figures.best_cosine_test_error:.3f} μB.",
            "",
            "| tried on val | error (μB) |",
            "| --- | --- |",
            *tried,
            "",
            "'standardised' measures each dimension of the vectors in units of its spread; 'discriminant' is a linear "
            "map learned from element and range of abs(m) of the atlas sites (linear discriminant analysis).",
            "",
        ]
    )

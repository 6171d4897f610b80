"""Model cards: what a model is, what it was trained on and how, and what was measured."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Any

from negnn_gui.models.property_model import PropertyConfig
from negnn_gui.training.evaluate import MANY_ATOMS

PAPER = (
    "Self-supervised representations and node embedding graph neural networks for accurate and multi-scale "
    "analysis of materials, Mach. Learn.: Sci. Technol. 5 (2024) 035018, doi 10.1088/2632-2153/ad612b"
)
_DATA = """\
* Materials Project (Jain et al., APL Mater. 1 (2013) 011002), CC BY 4.0: structures and DFT moments of magnetically
  ordered entries, as gathered by Sanspeur and Kitchin (GitHub
  yurisanspeur/circumventing_data_imbalance_magmom_predictions), and further structures as shipped by
  kdmsit/crysxpp, SymmetryAdvantage/WyckoffTransformer, aimat-lab/3DSC and sparsh2712/CGCNN-ME228."""
_MAGNDATA = """\
* MAGNDATA, Bilbao Crystallographic Server (Gallego et al., J. Appl. Cryst. 49 (2016) 1750 and 1941), through GitHub
  LiuQH-lab/FindSpinGroup; cite it and the entries' own publications."""
_SPLIT = (
    "By reduced formula: k = int(sha256('negnn-split-1:' + formula), 16) mod 1000. Trained on `train`, chosen and "
    "calibrated on `val`; the figures below are of `test`, whose formulas neither this model nor its encoder saw."
)


def encoder_card(
    model_id: str, description: str, training: Mapping[str, Any], figures: Mapping[str, float]
) -> str:
    """Card of a pretrained encoder; ``description`` is a sentence on what it was taught."""
    rows = [
        ("masked atom: group and period both right", "both"),
        ("group", "group"),
        ("period", "period"),
        ("element", "element"),
        ("distance bin of a hidden edge", "distance_bin"),
    ]
    table = "\n".join(f"| {label} | {figures[key]:.3f} |" for label, key in rows if key in figures)
    measured = []
    if table:
        measured.append(
            "\nint(0.15 N) + 1 atoms of each hidden, the features of both directions of every edge at them hidden "
            f"too. Command: `negnn evaluate {model_id}`.\n\n| share of right answers | |\n| --- | --- |\n{table}\n"
        )
    if "view" in figures:
        measured.append(
            f"\nThe other view of a crystal, found among 512 views of 256 crystals: {figures['view']:.3f} "
            "(measured with the projection of the training, which is not part of the model).\n"
        )
    return f"""# {model_id}

Self-supervised crystal-graph encoder: six vectors of 64 numbers for every atom of a crystal (level 0: the element;
level l: what lies up to l bonds away). {description}

Architecture and task: {PAPER}.

## Training
{_facts(training)}

## Data
{_DATA}

{_SPLIT}

## Measured
`mp_magmoms`, split test, {int(figures["structures"])} structures of at most 60 atoms; seed 0.
{"".join(measured)}
## Licence
Weights: MIT, with attribution to the data above.
"""


def moment_card(
    model_id: str,
    encoder_id: str,
    training: Mapping[str, Any],
    figures: Mapping[str, Mapping[str, Any]],
    medians: Mapping[str, Mapping[str, Any]],
) -> str:
    """Card of a moment model; ``figures`` and the element ``medians`` by head."""
    sections = "\n".join(_head_section(head, own, medians[head]) for head, own in figures.items())
    return f"""# {model_id}

Magnitude of the magnetic moment of every atom, abs(m) in μB, with a 90 % interval: a NEGNN on the frozen
representation of the encoder `{encoder_id}`. The median of nine predicted quantiles is reported; the interval is
conformal, calibrated on the val split. Predicted moments are magnitudes: they have no sign and no direction.

Source of the method: {PAPER}.

## Training
{_facts(training)}

## Data
{_DATA}
{_MAGNDATA}

{_SPLIT}

## Measured on the test split
Command: `negnn evaluate {model_id}`.

{sections}
## What it cannot say
The DFT head gives no data for Pr, Nd, Pm, Sm, Eu, Tb, Dy, Ho, Er, Tm and Yb (frozen 4f electrons, or absent from the
data) and for elements without labels. The experimental head speaks only of elements of which at least a
tenth of the training sites in MAGNDATA carry a moment above 0.05 μB.

## Licence
Weights: MIT, with attribution to the data above.
"""


def property_card(
    model_id: str,
    encoder_id: str,
    target: str,
    config: PropertyConfig,
    training: Mapping[str, Any],
    figures: Mapping[str, Any],
    table: str,
) -> str:
    """Card of a property model."""
    median = figures["median_instead"]
    instead = "element median instead" if config.of == "site" else "median instead"
    interval = figures["interval"]
    return f"""# {model_id}

`{target}` of every {config.of}, in the unit of its column: a {config.backbone.family} network from the nodes
`{config.nodes.name}` on the frozen encoder `{encoder_id}`.

Source of the method: {PAPER}.

## Training
{_facts(training)}

## Data
The column `{target}` of `{table}`. By reduced formula: trained on `train`, the interval from `val`; the figures below
are of `test`, whose formulas this model did not see.

## Measured on the test split
| | rows | MAE | RMSE | R² |
| --- | --- | --- | --- | --- |
| {model_id} | {figures["rows"]} | {figures["mae"]:.4g} | {figures["rmse"]:.4g} | {_figure(figures["r2"])} |
| {instead} | {figures["rows"]} | {median["mae"]:.4g} | {median["rmse"]:.4g} | |

90 % intervals, of one width ({interval["width"]:.4g}), hold {interval["coverage"]:.3f} of them.

## What it cannot say
It gives no data for elements that its training data do not hold.

## Licence
That of the labels.
"""


def _head_section(head: str, figures: Mapping[str, Any], median: Mapping[str, Any]) -> str:
    names = {
        "all": "all atoms",
        "magnetic": "abs(m) > 0.1 μB",
        "d_block": "d-block",
        "f_block": "f-block",
        "other": "other elements",
    }
    rows = "\n".join(
        f"| {label} | {own['atoms']} | {own['mae_muB']:.3f} | {own['rmse_muB']:.3f} | {_figure(own['r2'])} "
        f"| {own['median_error_muB']:.4f} |"
        for key, label in names.items()
        if (own := figures.get(key))
    )
    interval = figures["interval"]
    elements = {z: own for z, own in figures["elements"].items() if own["atoms"] > MANY_ATOMS}
    off = [z for z, own in elements.items() if not 0.85 <= own["coverage"] <= 0.95]
    per_element = (
        f"{len(elements) - len(off)} of {len(elements)} elements with more than 500 test atoms lie between 0.85 and "
        "0.95."
        if elements
        else "No element has more than 500 test atoms."
    )
    return f"""### {head}
| atoms | number | MAE / μB | RMSE / μB | R² | median error / μB |
| --- | --- | --- | --- | --- | --- |
{rows}
| element median instead (all) | {int(median["atoms"])} | {median["mae_muB"]:.3f} | {median["rmse_muB"]:.3f} \
| {_figure(median["r2"])} | {median["median_error_muB"]:.4f} |

90 % intervals hold {interval["coverage"]:.3f} of the test atoms, {_figure(interval["coverage_magnetic"])} of those
above 0.1 μB; mean width {interval["mean_width_muB"]:.3f} μB. {per_element}
"""


def _figure(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.3f}"


def machine() -> str:
    """Hardware of this machine, for a card."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"CPU ({platform.machine()}), {torch.get_num_threads()} thread(s)"


def _facts(training: Mapping[str, Any]) -> str:
    return "\n".join(f"* {key}: {value}" for key, value in training.items())

"""Figures of the report, PNG and SVG, in colours that colour-blind readers tell apart (and markers beside them)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from negnn_gui.training.evidence.claims import LAPLACIAN, level_rows, of_levels
from negnn_gui.training.evidence.names import element_symbol, representation_title
from negnn_gui.training.evidence.parity import read_columns
from negnn_gui.training.evidence.representations import JOINED_LEVELS, SINGLE_LEVELS
from negnn_gui.training.evidence.summary import Mean, Row, means
from negnn_gui.training.evidence.tasks import TASKS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Tables = Mapping[str, Sequence[Row]]

# Okabe and Ito's colours, of which no two are alike to a colour-blind reader; brown for their yellow, too pale on white
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#7a4b00")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_NEAREST_LABELS = 2.0  # ratio of two sizes that both have a label
_NAMED = 8


def draw_all(tables: Tables, folder: Path, encoder: str, compared: int) -> dict[str, Path]:
    """Draw what there is data for into ``folder``/figures; PNG by name."""
    made: dict[str, Path] = {}
    drawers: dict[str, Callable[[], Figure | None]] = {
        "learning_curves": lambda: learning_curves(tables["learning_curves"], encoder),
        "families": lambda: families(tables["learning_curves"], encoder, compared),
        "protocol": lambda: protocol(tables["krr_protocol"], encoder),
        "regression": lambda: regression(tables["regression"], encoder),
        "range": lambda: ranges(tables["regression"], encoder),
        "map": lambda: site_map(folder),
        "likeness": lambda: likeness(folder),
        "parity": lambda: parity(tables["parity"], folder),
    }
    for name, draw in drawers.items():
        figure = draw()
        if figure is not None:
            stem = folder / "figures" / name
            stem.parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(stem.with_suffix(".svg"))
            figure.savefig(stem.with_suffix(".png"), dpi=110)
            made[name] = stem.with_suffix(".png")
    return made


def learning_curves(rows: Sequence[Row], encoder: str) -> Figure | None:
    """Error against training structures, one panel a family."""
    found = means(rows, ("family", "nodes", "structures"), "mae")
    shown = [f for f in ("cgcnn", "schnet", "mpnn", "megnet", "gcn") if any(key[0] == f for key in found)]
    if not shown:
        return None
    figure, panels = _grid(len(shown), 3, (3.4, 2.9))
    nodes = [n for n in _inputs(encoder) if any(key[1] == n for key in found)]
    for axes, family in zip(panels, shown, strict=True):
        for k, name in enumerate(nodes):
            points = sorted((int(key[2]), mean) for key, mean in found.items() if key[:2] == (family, name))
            if points:
                aside = 1 + 0.03 * (k - (len(nodes) - 1) / 2)  # bars of one size stand side by side
                axes.errorbar(
                    [size * aside for size, _ in points],
                    [mean.value for _, mean in points],
                    [np.nan_to_num(mean.spread) for _, mean in points],
                    color=PALETTE[k],
                    marker=MARKERS[k],
                    markersize=4,
                    capsize=2,
                    linewidth=1.2,
                    label=representation_title(name, encoder),
                )
        sizes = sorted({int(key[2]) for key in found})
        axes.set(title=_FAMILY_TITLES[family], xscale="log")
        axes.set_xticks(sizes, _apart(sizes))
        axes.set_xlim(min(sizes) / 1.4, max(sizes) * 1.4)
        axes.minorticks_off()
    _outer_labels(figure, "training structures", "MAE of abs(m), all atoms (μB)")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4, frameon=False)
    return figure


def _apart(sizes: Sequence[int]) -> list[str]:
    """Labels of ticks on a logarithmic axis; one that would run into the label before it is left empty."""
    told, last = [], 0
    for size in sizes:
        near = size < _NEAREST_LABELS * last
        told.append("" if near else f"{size:,}")
        last = last if near else size
    return told


def families(rows: Sequence[Row], encoder: str, compared: int) -> Figure | None:
    """Error of every family from every node input at one size."""
    own = [row for row in rows if row["structures"] == str(compared)]
    found = means(own, ("family", "nodes"), "mae")
    shown = [f for f in _FAMILY_TITLES if any(key[0] == f for key in found)]
    nodes = [n for n in _inputs(encoder) if any(key[1] == n for key in found)]
    if not shown:
        return None
    figure, axes = _single((7.0, 3.4))
    width = 0.8 / len(nodes)
    for k, name in enumerate(nodes):
        at = [i + (k - (len(nodes) - 1) / 2) * width for i, f in enumerate(shown) if (f, name) in found]
        values = [found[f, name] for f in shown if (f, name) in found]
        axes.bar(
            at,
            [mean.value for mean in values],
            width,
            yerr=[np.nan_to_num(mean.spread) for mean in values],
            color=PALETTE[k],
            edgecolor="white",
            capsize=2,
            label=representation_title(name, encoder),
        )
    axes.set_xticks(range(len(shown)), [_FAMILY_TITLES[f] for f in shown])
    axes.set_ylabel("MAE of abs(m), all atoms (μB)")
    axes.set_title(f"{compared} training structures, mean and spread of the seeds", fontsize=10)
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def protocol(rows: Sequence[Row], encoder: str) -> Figure | None:
    """Error of every representation on the kernel ridge protocol."""
    found = means([row for row in rows if row["method"] == LAPLACIAN], ("representation",), "mae")
    if not found:
        return None
    order = sorted(found, key=lambda key: -found[key].value)
    figure, axes = _single((6.4, 0.9 + 0.24 * len(order)))
    colours = [PALETTE[0] if key[0].startswith(f"{encoder}:") else PALETTE[1] for key in order]
    axes.barh(
        range(len(order)),
        [found[key].value for key in order],
        xerr=[np.nan_to_num(found[key].spread) for key in order],
        color=colours,
        capsize=2,
    )
    axes.set_yticks(range(len(order)), [representation_title(key[0], encoder) for key in order], fontsize=8)
    for colour, label in ((PALETTE[0], "this program's encoder"), (PALETTE[1], "others")):
        axes.barh([], [], color=colour, label=label)
    axes.legend(fontsize=8, loc="lower right")
    axes.axvline(0.42, color="0.3", linewidth=1, linestyle="--")
    axes.text(0.42, len(order) - 0.3, " 0.42 to reach", fontsize=8, color="0.3", va="bottom")
    axes.set_xlabel("MAE of abs(m), mean and spread of five parts (μB)")
    axes.set_ylim(-0.6, len(order) + 0.3)
    return figure


def regression(rows: Sequence[Row], encoder: str) -> Figure | None:
    """Error of kernel ridge by task and representation, as a share of that of the training mean."""
    own = [row for row in rows if row["method"] == LAPLACIAN]
    relative = [{**row, "share": str(float(row["mae"]) / float(row["label_mad"]))} for row in own]
    found = means(relative, ("task", "representation"), "share")
    tasks = [task for task in TASKS if any(key[0] == task for key in found)]
    names = sorted({key[1] for key in found}, key=lambda n: (n.startswith(f"{encoder}:"), n))
    if not tasks:
        return None
    grid = np.array(
        [[found[t, n].value if (t, n) in found else np.nan for t in tasks] for n in names], dtype=float
    )
    figure, axes = _single((2.6 + 0.85 * len(tasks), 1.6 + 0.27 * len(names)))
    picture = axes.imshow(np.ma.masked_invalid(grid), cmap="cividis", aspect="auto", vmin=0, vmax=1)
    for (i, j), value in np.ndenumerate(grid):
        text = "–" if np.isnan(value) else f"{value:.2f}"
        best = value == np.nanmin(grid[:, j]) if not np.isnan(value) else False
        axes.text(
            j,
            i,
            text,
            ha="center",
            va="center",
            fontsize=7,
            color="white" if value < 0.6 else "black",
            fontweight="bold" if best else "normal",
        )
    axes.set_xticks(range(len(tasks)), [_wrapped(TASKS[t].title) for t in tasks], fontsize=7)
    axes.set_yticks(range(len(names)), [representation_title(n, encoder) for n in names], fontsize=7)
    figure.colorbar(picture, ax=axes, label="MAE / MAE of the training mean", shrink=0.7)
    return figure


def ranges(rows: Sequence[Row], encoder: str) -> Figure | None:
    """Error against level, relative to level 0, one line a task: single levels left, joined ones right."""
    figure, panels = _grid(2, 2, (4.2, 3.4))
    drawn = False
    for axes, levels, title in (
        (panels[0], SINGLE_LEVELS, "one level"),
        (panels[1], ("0", *JOINED_LEVELS), "levels joined"),
    ):
        for k, (name, task) in enumerate(TASKS.items()):
            found = of_levels(means(level_rows(rows, name, encoder), ("representation",), "mae"), encoder)
            if "0" not in found or len([level for level in levels if level in found]) < 2:
                continue
            drawn = True
            known = [level for level in levels if level in found]
            aside = 0.05 * (k - (len(TASKS) - 1) / 2)  # bars of one level stand side by side
            axes.errorbar(
                [levels.index(level) + aside for level in known],
                [found[level].value / found["0"].value for level in known],
                [_standard_error(found[level]) / found["0"].value for level in known],
                elinewidth=0.6,
                capsize=1.5,
                color=PALETTE[k],
                marker=MARKERS[k],
                markersize=4,
                linewidth=1.2,
                linestyle="-" if task.of == "site" else "--",
                label=task.title,
            )
        axes.set_xticks(range(len(levels)), levels, fontsize=7)
        axes.set_xlim(-0.5, len(levels) - 0.5)
        axes.axhline(1, color="0.7", linewidth=0.8)
        axes.set_title(title, fontsize=10)
    if not drawn:
        return None
    _outer_labels(
        figure, "level: how many bonds away an atom still counts", "MAE / MAE of level 0, ± standard error"
    )
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False, fontsize=8
    )
    return figure


def site_map(folder: Path) -> Figure | None:
    """t-SNE of magnetic sites by element and by coordination."""
    columns = read_columns(folder / "map_points.csv")
    if not columns:
        return None
    places = np.array([columns["map_1"], columns["map_2"]], dtype=float)
    figure, panels = _grid(2, 2, (4.6, 4.6))
    by_element = [element_symbol(int(z)) for z in columns["atomic_number"]]
    by_motif = [motif or "none" for motif in columns["environment"]]
    for axes, kinds, title in ((panels[0], by_element, "element"), (panels[1], by_motif, "coordination")):
        names, counts = np.unique(kinds, return_counts=True)
        named = [str(names[i]) for i in np.argsort(-counts, kind="stable")[:_NAMED]]
        other = ~np.isin(kinds, named)
        axes.scatter(
            places[0, other],
            places[1, other],
            s=5,
            color="0.8",
            linewidths=0,
            label="others",
            rasterized=True,
        )
        for k, name in enumerate(named):
            own = np.array(kinds) == name
            axes.scatter(
                places[0, own],
                places[1, own],
                s=9,
                color=PALETTE[k],
                marker=MARKERS[k],
                linewidths=0,
                label=name,
                rasterized=True,
            )
        axes.set(xticks=[], yticks=[], xlabel="t-SNE 1", ylabel="t-SNE 2")
        axes.set_title(f"{places.shape[1]:,} magnetic sites by {title}", fontsize=10)
        axes.legend(
            fontsize=7,
            frameon=False,
            markerscale=2,
            ncols=3,
            loc="upper center",
            bbox_to_anchor=(0.5, -0.08),
        )
    return figure


def likeness(folder: Path) -> Figure | None:
    """Cosine of the mean vectors of pairs of elements, ordered by group and period."""
    columns = read_columns(folder / "element_likeness.csv")
    if not columns:
        return None
    from negnn_gui.models.features import group_class, period_class

    elements = sorted(
        {int(z) for z in columns["atomic_number_1"]}, key=lambda z: (group_class()[z], period_class()[z], z)
    )
    at = {z: i for i, z in enumerate(elements)}
    grid = np.full((len(elements), len(elements)), np.nan)
    for a, b, cosine in zip(*(columns[name] for name in columns), strict=True):
        grid[at[int(a)], at[int(b)]] = grid[at[int(b)], at[int(a)]] = float(cosine)
    figure, axes = _single((1.6 + 0.13 * len(elements), 1.0 + 0.13 * len(elements)))
    picture = axes.imshow(grid, cmap="PuOr", vmin=-1, vmax=1)
    symbols = [element_symbol(z) for z in elements]
    axes.set_xticks(range(len(elements)), symbols, fontsize=6, rotation=90)
    axes.set_yticks(range(len(elements)), symbols, fontsize=6)
    axes.set_xlabel("elements by group (the f-block first), then period")
    figure.colorbar(picture, ax=axes, label="cosine of the mean vectors", shrink=0.7)
    return figure


def parity(rows: Sequence[Row], folder: Path) -> Figure | None:
    """Predicted against known, a panel a task."""
    panels_of = [(row, read_columns(folder / row["file"])) for row in rows]
    panels_of = [(row, columns) for row, columns in panels_of if columns]
    if not panels_of:
        return None
    figure, panels = _grid(len(panels_of), 4, (2.6, 2.6))
    for axes, (row, columns) in zip(panels, panels_of, strict=True):
        known, predicted = (np.array(columns[name], dtype=float) for name in ("known", "predicted"))
        ends = [min(known.min(), predicted.min()), max(known.max(), predicted.max())]
        axes.plot(ends, ends, color="0.5", linewidth=0.8)
        axes.scatter(known, predicted, s=5, color=PALETTE[0], alpha=0.5, linewidths=0, rasterized=True)
        task = TASKS[row["task"]]
        axes.set_title(f"{_wrapped(task.title)}\n({task.unit}); R² {float(row['r2']):.2f}", fontsize=8)
        axes.tick_params(labelsize=7)
    _outer_labels(figure, "known, in the unit of the panel", "predicted, in the unit of the panel")
    return figure


_FAMILY_TITLES = {"cgcnn": "CGCNN", "schnet": "SchNet", "mpnn": "MPNN", "megnet": "MEGNet", "gcn": "GCN"}


def _inputs(encoder: str) -> list[str]:
    return ["one-hot", "features", *(f"{encoder}:{n}" for n in ("01", "01+one-hot", "0", "012"))]


def _wrapped(title: str) -> str:
    words, lines = title.split(), [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) > 15:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def _standard_error(mean: Mean) -> float:
    return 0.0 if np.isnan(mean.spread) else mean.spread / float(np.sqrt(mean.n))


def _outer_labels(figure: Figure, below: str, left: str) -> None:
    figure.supxlabel(below, fontsize=10)
    figure.supylabel(left, fontsize=10)


def _single(size: tuple[float, float]) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure  # heavy: imported when a picture is asked for

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.add_subplot()


def _grid(n: int, columns: int, size: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure

    across = min(n, columns)
    down = -(-n // across)
    figure = Figure(figsize=(size[0] * across, size[1] * down + 0.5), layout="constrained")
    return figure, [figure.add_subplot(down, across, k + 1) for k in range(n)]

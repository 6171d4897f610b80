"""The report: what was claimed, what was measured, tables and figures, as one HTML file and as Markdown."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from negnn_gui.training.cards import PAPER
from negnn_gui.training.evidence.claims import LAPLACIAN, Claim, family_gain, node_embeddings
from negnn_gui.training.evidence.names import representation_title
from negnn_gui.training.evidence.protocol_table import protocol_table
from negnn_gui.training.evidence.summary import Row, means
from negnn_gui.training.evidence.tasks import TASKS

Tables = Mapping[str, Sequence[Row]]

_MARK = {"holds": "✓", "partly": "≈", "does not hold": "✗", "not measured": "–"}


@dataclass(frozen=True)
class Section:
    """A heading, paragraphs, a table (header and rows) and a figure by name."""

    title: str
    text: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    figure: str = ""


@dataclass(frozen=True)
class Report:
    """Everything that is said about a run.

    Attributes
    ----------
    facts : mapping
        Command, hardware, encoder, time: name -> text.
    missing : mapping
        Cells that were not measured -> why.
    """

    size: str
    encoder: str
    facts: Mapping[str, str]
    claims: Sequence[Claim]
    tables: Tables
    compared: int
    missing: Mapping[str, str] = field(default_factory=dict)


def sections(report: Report) -> list[Section]:
    """The report in order."""
    t, encoder = report.tables, report.encoder
    return [
        Section(
            "Claims",
            header=("claim of the paper (or figure to reach)", "measured here, mean ± spread", "verdict"),
            rows=tuple((c.claim, c.found or "–", f"{_MARK[c.verdict]} {c.verdict}") for c in report.claims),
        ),
        Section(
            "Networks with and without the representation",
            (
                "Five families trained on DFT abs(m) of few structures (at most 60 atoms), each from the element "
                "one-hot, from the 92 element features, from our frozen levels 0 and 1, and from those with the "
                "one-hot; the same number of steps everywhere. The levels are standardised on the training "
                "structures, to vectors as long as the one-hot. “Gain” compares the better embedding with the better "
                "of one-hot and features, seed by seed.",
            ),
            *_family_table(t["learning_curves"], encoder, report.compared),
            figure="families",
        ),
        Section(
            "Learning curves",
            ("Mean absolute error of all atoms of the test structures against the number of training structures.",),
            *_learning_table(t["learning_curves"], encoder),
            figure="learning_curves",
        ),
        Section(
            "Kernel ridge on DFT moments: the protocol",
            (
                "Sites with abs(m) > 0.1 μB of 1,000 test structures, one for each structure, element and moment "
                "rounded to 0.01 μB; five parts by structure, trained on four. Scaler and grid search (Laplacian "
                "kernel) on the training part only.",
            ),
            *protocol_table(t["krr_protocol"], encoder),
            figure="protocol",
        ),
        Section(
            "Regression on eight properties",
            (
                "A fifth of the rows is tested, whole formulas, drawn anew by each seed; the figures are means ± "
                "standard deviations over the seeds (one alone has none). The picture shows shares of the error of "
                "always saying the training mean: smaller is better. Our encoder has met many of the structures, "
                "without any label, and none of the formulas of the test split of the tables.",
            ),
            *_regression_table(t["regression"], encoder),
            figure="regression",
        ),
        Section("Other regression methods", (), *_method_table(t["regression"], encoder)),
        Section(
            "Range",
            ("The error against the level, relative to that of level 0, which knows the element only.",),
            figure="range",
        ),
        Section(
            "Maps",
            (
                "Magnetic sites of the test split by t-SNE of level 1, and the cosine of the mean vectors of pairs "
                "of elements (the mean of all sites taken off).",
            ),
            figure="map",
        ),
        Section("Likeness of elements", figure="likeness"),
        Section("Parity", ("Kernel ridge on our “01”, the first split of each task.",), figure="parity"),
        Section(
            "Not measured",
            ()
            if report.missing
            else ("Every cell of this plan was measured.",),
            header=("cells", "why") if report.missing else (),
            rows=tuple(_grouped(report.missing)),
        ),
    ]  # fmt: skip


def write_html(path: Path, report: Report, figures: Mapping[str, Path]) -> None:
    """One file with everything in it, figures too."""
    parts = [
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{_TITLE}</title>{_STYLE}</head><body>"
    ]
    parts.append(f"<h1>{_TITLE}</h1>")
    if report.size in _REMARKS:
        parts.append(f"<p class='quick'>{html.escape(_REMARKS[report.size])}</p>")
    parts.append(f"<p>{html.escape(_INTRODUCTION)}</p><dl>")
    parts += [f"<dt>{html.escape(k)}</dt><dd>{html.escape(v)}</dd>" for k, v in report.facts.items()]
    parts.append("</dl>")
    for section in sections(report):
        parts.append(f"<h2>{html.escape(section.title)}</h2>")
        parts += [f"<p>{html.escape(text)}</p>" for text in section.text]
        if section.header:
            parts.append(_html_table(section))
        if section.figure:
            parts.append(_html_figure(section, figures.get(section.figure)))
    parts.append("</body></html>\n")
    path.write_text("\n".join(parts), encoding="utf-8")


def markdown(report: Report, figures: Mapping[str, Path], figure_folder: str) -> str:
    """The same as Markdown, with links to the figures."""
    lines = [f"# {_TITLE}", ""]
    if report.size in _REMARKS:
        lines += [f"**{_REMARKS[report.size]}**", ""]
    lines += [_INTRODUCTION, ""]
    lines += [f"* {name}: {text}" for name, text in report.facts.items()]
    for section in sections(report):
        lines += ["", f"## {section.title}", ""]
        for text in section.text:
            lines += [text, ""]
        if section.header:
            lines.append("| " + " | ".join(section.header) + " |")
            lines.append("| " + " | ".join("---" for _ in section.header) + " |")
            lines += [
                "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in section.rows
            ]
            lines.append("")
        if section.figure in figures:
            lines.append(f"![{section.title}]({figure_folder}/{figures[section.figure].name})")
        elif section.figure:
            lines.append("*Not measured in this run.*")
    return "\n".join(lines).rstrip() + "\n"


_TITLE = "The paper's evidence, measured again"
_REMARKS = {
    "quick": "A quick run: every section at a reduced size, to see that it works. Its figures mean little; “negnn "
    "reproduce” without --quick measures them.",
    "small": "A small run: fewer training steps and fewer rows than the paper's, the same for all that is compared. "
    "The networks are far from converged; what the comparison says at this budget need not hold at a larger one.",
}
_INTRODUCTION = (
    f"Source of the claims: {PAPER}. Everything is measured by this program on its own data; what does not hold is "
    "written so. Each cell of a table, with its seed, size, budget and seconds of the processor, stands in the CSV "
    "file of its name beside this report."
)
_STYLE = """<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24;
  background: #fff; }
table { border-collapse: collapse; font-size: 13px; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid #c9ced6; padding: .3rem .6rem; text-align: left; vertical-align: top; }
th { background: #f3f4f6; } td.verdict { white-space: nowrap; font-weight: 600; }
dt { font-weight: 600; float: left; clear: left; width: 10rem; } dd { margin-left: 10.5rem; }
img { max-width: 100%; } .quick { background: #fff3d6; border: 1px solid #c9a24b; padding: .5rem 1rem; }
.none { color: #656c76; font-style: italic; }
</style>"""


def _html_table(section: Section) -> str:
    verdict = len(section.header) - 1 if section.header[-1] == "verdict" else -1
    head = "".join(f"<th scope='col'>{html.escape(cell)}</th>" for cell in section.header)
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{' class=verdict' if k == verdict else ''}>{html.escape(cell)}</td>"
            for k, cell in enumerate(row)
        )
        + "</tr>"
        for row in section.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _html_figure(section: Section, path: Path | None) -> str:
    if path is None:
        return "<p class='none'>Not measured in this run.</p>"
    content = base64.b64encode(path.read_bytes()).decode()
    return f"<img alt='{html.escape(section.title)}' src='data:image/png;base64,{content}'>"


_Table = tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]
_NO_TABLE: _Table = ((), ())


def _family_table(rows: Sequence[Row], encoder: str, compared: int) -> _Table:
    own = [row for row in rows if row["structures"] == str(compared)]
    all_atoms = means(own, ("family", "nodes"), "mae")
    magnetic = means(own, ("family", "nodes"), "mae_magnetic")
    nodes = _ordered({key[1] for key in all_atoms}, encoder)
    if not nodes:
        return _NO_TABLE
    header = ("family", *(f"{representation_title(n, encoder)}: all / magnetic (μB)" for n in nodes), "gain")
    table = []
    for family in sorted({key[0] for key in all_atoms}):
        found = family_gain(own, family, str(compared), node_embeddings(encoder))
        cells = [
            f"{all_atoms[family, n]} / {magnetic[family, n].value:.3f}" if (family, n) in all_atoms else "–"
            for n in nodes
        ]
        table.append((family, *cells, "–" if found is None else found[1].percent()))
    return header, tuple(table)


def _learning_table(rows: Sequence[Row], encoder: str) -> _Table:
    found = means(rows, ("family", "structures", "nodes"), "mae")
    nodes = _ordered({key[2] for key in found}, encoder)
    if not nodes:
        return _NO_TABLE
    keys = sorted({key[:2] for key in found}, key=lambda key: (key[0], int(key[1])))
    header = ("family", "structures", *(f"{representation_title(n, encoder)} (μB)" for n in nodes), "seeds")
    table = [
        (
            *key,
            *(str(found[(*key, n)]) if (*key, n) in found else "–" for n in nodes),
            str(max(mean.n for k, mean in found.items() if k[:2] == key)),
        )
        for key in keys
    ]
    return header, tuple(table)


def _regression_table(rows: Sequence[Row], encoder: str) -> _Table:
    own = [row for row in rows if row["method"] == LAPLACIAN]
    mae, mad = means(own, ("task", "representation"), "mae"), means(own, ("task",), "label_mad")
    names = _ordered({key[1] for key in mae}, encoder)
    if not names:
        return _NO_TABLE
    tasks = [task for task in TASKS if (task,) in mad]
    header = ("representation", *(f"{TASKS[task].title}: MAE ({TASKS[task].unit})" for task in tasks))
    table = [("mean of the labels", *(f"{mad[task,].value:.3f}" for task in tasks))]
    table += [
        (
            representation_title(name, encoder),
            *(str(mae[task, name]) if (task, name) in mae else "–" for task in tasks),
        )
        for name in names
    ]
    return header, tuple(table)


def _method_table(rows: Sequence[Row], encoder: str) -> _Table:
    mae = means(rows, ("task", "representation", "method"), "mae")
    methods = [m for m in ("krr-laplacian", "krr-rbf", "ridge", "boosting") if any(k[2] == m for k in mae)]
    keys = [key for key in dict.fromkeys(k[:2] for k in mae) if (*key, "ridge") in mae]
    if len(methods) < 2 or not keys:
        return _NO_TABLE
    table = [
        (
            TASKS[task].title,
            representation_title(name, encoder),
            *(str(mae[task, name, m]) if (task, name, m) in mae else "–" for m in methods),
        )
        for task, name in keys
    ]
    return ("task", "representation", *(f"{m}: MAE" for m in methods)), tuple(table)


def _ordered(names: Iterable[str], encoder: str) -> list[str]:
    """Element inputs first, then ours, then the published ones."""

    def rank(name: str) -> tuple[int, int, str]:
        owner = name.rpartition(":")[0]
        return (0 if not owner else 1 if owner == encoder else 2, len(name) if owner else 0, name)

    return sorted(names, key=rank)


def _grouped(missing: Mapping[str, str]) -> list[tuple[str, str]]:
    """Cells with the same reason together: how many, and the first of them."""
    by_reason: dict[str, list[str]] = {}
    for cell, reason in missing.items():
        by_reason.setdefault(reason, []).append(cell)
    return [(f"{len(cells)}, the first: {cells[0]}", reason) for reason, cells in by_reason.items()]

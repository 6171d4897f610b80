"""``negnn evaluate``: how good a model is, printed and written."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from negnn_gui.cli import options
from negnn_gui.cli.console import CommandError, say
from negnn_gui.cli.training import Data, Threads, data_folder, training_errors

if TYPE_CHECKING:
    from negnn_gui.training.peer_comparison import PeerRequest

_EXAMPLE = "Example: negnn evaluate MODEL --data tables/ --split test --out evaluation/"


class EdgesChoice(StrEnum):
    """Whether an encoder sees the lengths of the edges at hidden atoms while it is measured."""

    HIDDEN = "hidden"
    VISIBLE = "visible"


class Split(StrEnum):
    """Parts of the data, split by formula."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


class Peer(StrEnum):
    """Other programs' models to compare with."""

    CHGNET = "chgnet"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("evaluate", epilog=_EXAMPLE)(evaluate)


def evaluate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Id of an encoder or a moment model.")],
    data: Data = None,
    split: Annotated[Split, typer.Option("--split")] = Split.TEST,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Folder for figures.json, report.md, elements.csv and pictures.",
            show_default="evaluation-MODEL-SPLIT, unless -o or --plots is given",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the figures as JSON here.")
    ] = None,
    plots: Annotated[
        Path | None,
        typer.Option(
            "--plots", metavar="DIR", help="Write pictures (parity, error against out-of-domain score) here."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    peer: Annotated[
        Peer | None,
        typer.Option("--peer", help="Compare with another program's model on the same atoms; may take long."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", metavar="N", min=1, help="Structures drawn for the peer.", show_default="all"
        ),
    ] = None,
    peer_max_atoms: Annotated[
        int, typer.Option("--peer-max-atoms", min=1, help="Leave out larger structures for the peer.")
    ] = 60,
    peers_python: Annotated[
        Path | None,
        typer.Option(
            "--peers-python",
            metavar="FILE",
            help="Python interpreter of the environment that the peer is installed in.",
            show_default="NEGNN_PEERS_PYTHON, else this one",
        ),
    ] = None,
    peers: Annotated[
        Path | None,
        typer.Option(
            "--peers",
            metavar="DIR",
            help="Keep the peer's answers here; where they stand already, the peer is not needed.",
            show_default="the user's cache",
        ),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(
            "--evidence",
            metavar="DIR",
            help="For --card: folder that negnn reproduce or negnn small-data wrote its tables to.",
        ),
    ] = None,
    card: Annotated[
        bool,
        typer.Option(
            "--card",
            help="Put what was measured into the model's card: second spin states, peers, few labels; for an encoder "
            "the published checkpoint beside it, and kernel ridge.",
        ),
    ] = False,
    edges: Annotated[
        EdgesChoice,
        typer.Option(
            "--edges",
            help="For an encoder: whether it sees the lengths of the edges at hidden atoms, as the published one did.",
        ),
    ] = EdgesChoice.HIDDEN,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels", metavar="CSV", help="For a property model: your labels.", show_default="the tables"
        ),
    ] = None,
    structures: Annotated[
        list[Path] | None,
        typer.Option("--structures", metavar="PATH", help="Files or folders that --labels names."),
    ] = None,
    threads: Threads = 1,
    verbose: options.Verbose = False,
) -> None:
    """Measure a model on a split: errors, intervals, or hidden atoms told right.

    The figures are printed as tables and written, with pictures, to a folder. The peer needs an environment with it
    (python -m venv peers; peers/bin/pip install chgnet).
    """
    request = _request(peer, limit, peer_max_atoms, peers_python, threads, peers)
    if evidence is not None and not card:
        raise CommandError("--evidence is for the card: add --card")
    if card and split is not Split.TEST:
        raise CommandError("a card tells of the test split: leave out --split")
    folder = out if out is not None or output is not None or plots is not None else _usual(model, split)
    with training_errors():
        import torch

        from negnn_gui.training.evaluation import evaluate_model, is_of_moments, write_evaluation
        from negnn_gui.training.evaluation_report import evaluation_report

        torch.set_num_threads(threads)
        _writable([folder, plots, output.parent if output is not None else None])
        figures = _of_property(model, data, split, labels, tuple(structures or ()))
        if figures is None:
            figures = evaluate_model(
                data_folder(data), model, split.value, plots or folder, edges.value, request
            )
        text = json.dumps(figures, indent=1, ensure_ascii=False)
        if output is not None:
            output.write_text(text + "\n", encoding="utf-8")
        if folder is not None:
            write_evaluation(folder, model, split.value, figures)
        if card:
            _rewrite_card(model, figures, edges, data, evidence)
        readable = is_of_moments(figures) and not as_json
        typer.echo(evaluation_report(model, split.value, figures) if readable else text)
    if folder is not None:
        say(f"wrote {folder}")


def _of_property(
    model: str, data: Path | None, split: Split, labels: Path | None, structures: tuple[Path, ...]
) -> dict[str, Any] | None:
    """Figures of a property model; None for a model of another kind."""
    from negnn_gui.cli.train_target import open_target
    from negnn_gui.models import registry
    from negnn_gui.training.property_recipe import evaluate_property_model
    from negnn_gui.training.targets import OWN_STRUCTURES

    info = registry.get(model)
    if info.kind != "property":
        if labels is not None or structures:
            raise CommandError(f"--labels and --structures are about property models; {model} is none")
        return None
    told = info.config["target"]
    if labels is None and told["table"] == OWN_STRUCTURES:
        raise CommandError(f"{model} learned labels of your own: name them with --labels and --structures")
    column = told["name"] if labels is not None else f"{told['table']}:{told['name']}"
    return evaluate_property_model(info, open_target(data, column, labels, structures), split.value)


def _request(
    peer: Peer | None,
    limit: int | None,
    max_atoms: int,
    python: Path | None,
    threads: int,
    answers: Path | None,
) -> PeerRequest | None:
    """What to ask of a peer, found before anything long begins."""
    if peer is None:
        if limit is not None or python is not None or answers is not None:
            raise CommandError(
                "--limit, --peers and --peers-python are about a peer: name it with --peer chgnet"
            )
        return None
    with training_errors():
        from negnn_gui.training.peer_comparison import PeerRequest
        from negnn_gui.training.peers import PeerError, peer_python

        try:
            found = peer_python(peer.value, python)
        except PeerError:
            if answers is None or python is not None or not any(answers.glob(f"{peer.value}-*.npz")):
                raise
            found = None  # the answers that were kept will do
    return PeerRequest(peer.value, found, limit, max_atoms, threads, answers)


def _rewrite_card(
    model: str, figures: dict[str, Any], edges: EdgesChoice, data: Path | None, evidence: Path | None
) -> None:
    """Put what was measured into the model's card; an encoder is measured the other way too."""
    from negnn_gui.models import registry
    from negnn_gui.training.card_sections import PUBLISHED, RIDGE, moment_sections, rewrite_card
    from negnn_gui.training.evidence.protocol_table import read_protocol
    from negnn_gui.training.evidence.small_table import read_summary
    from negnn_gui.training.pretrain_evaluate import evaluate_encoder
    from negnn_gui.training.published_comparison import EDGES, comparison_section

    info = registry.get(model)
    if info.kind == "property":
        raise CommandError(f"{model} is a property model: its card has all that is measured of it")
    if info.kind == "encoder":
        tables = data_folder(data)
        own = {
            how: figures if how == edges.value else evaluate_encoder(tables, info, edges=how) for how in EDGES
        }
        sections = {PUBLISHED: comparison_section(own, model, tables)}
        if evidence is not None:
            sections[RIDGE] = read_protocol(evidence, model)
    else:
        encoder = info.config["encoder"]["id"]
        sections = moment_sections(
            model, figures, None if evidence is None else read_summary(evidence, encoder)
        )
    rewrite_card(info, sections)
    say(f"rewrote the card of {model}: {', '.join(sections)}")


def _usual(model: str, split: Split) -> Path:
    return Path(f"evaluation-{model}-{split.value}")


def _writable(folders: list[Path | None]) -> None:
    """Make the folders now: minutes of work must not end at a place that cannot be written."""
    for folder in folders:
        if folder is None:
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CommandError(
                f"{folder} cannot be made ({error.strerror}); choose another folder"
            ) from error

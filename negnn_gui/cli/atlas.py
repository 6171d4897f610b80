"""``negnn atlas``: build an atlas of known sites."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from negnn_gui.cli import options
from negnn_gui.cli.training import Data, Seed, Threads, data_folder, training_errors

_EXAMPLE = "Example: negnn atlas build --data tables/ --out my-atlas --sites 30000"

group = typer.Typer(no_args_is_help=True, help="Atlases of known sites.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="atlas", epilog=_EXAMPLE)


@group.command("build", epilog=_EXAMPLE)
def build(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the new atlas.")],
    data: Data = None,
    encoder: Annotated[
        str | None,
        typer.Option("--encoder", metavar="ID", help="Encoder to embed with.", show_default="best"),
    ] = None,
    sites: Annotated[int, typer.Option("--sites", min=100, help="About how many sites.")] = 30_000,
    seed: Seed = 0,
    evaluate: Annotated[
        bool, typer.Option("--evaluate/--no-evaluate", help="Measure it on val and test, for its card.")
    ] = True,
    maps: Annotated[
        bool, typer.Option("--maps/--no-maps", help="Fit and store t-SNE and UMAP maps (minutes).")
    ] = True,
    threads: Threads = 1,
    verbose: options.Verbose = False,
) -> None:
    """Sample sites of known moment from the training rows and embed them.

    One site of each kind is kept per structure; four fifths carry more than 0.1 μB, and every element and range of
    moments is represented.
    """
    with training_errors():
        import torch

        from negnn_gui.models import registry
        from negnn_gui.training.atlas_build import build_atlas

        torch.set_num_threads(threads)
        count = build_atlas(
            data_folder(data),
            out,
            encoder or registry.default_id("encoder"),
            sites,
            seed,
            evaluate=evaluate,
            maps=maps,
        )
    typer.echo(f"wrote {count} sites to {out}")

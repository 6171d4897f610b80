"""``negnn atlas``: which atlases of known sites there are, and how they are made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from negnn_gui.cli import options
from negnn_gui.cli.console import CommandError
from negnn_gui.cli.options import DisorderChoice
from negnn_gui.cli.training import Data, Seed, Threads, data_folder, training_errors

_EXAMPLE = "Example: negnn atlas build structures/ --name mine"
_Atlas = Annotated[
    str, typer.Argument(metavar="ATLAS", help="Name of an atlas (see: negnn atlas list), or its folder.")
]

group = typer.Typer(no_args_is_help=True, help="Atlases of known sites.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="atlas", epilog=_EXAMPLE)


@group.command("list", epilog="Example: negnn atlas list")
def list_all() -> None:
    """List the atlas that ships with the program and your own; the window switches between them."""
    from negnn_gui.analysis.atlas_library import list_atlases

    rows = [("NAME", "SITES", "ENCODER", "VERSION", "")]
    for info in list_atlases():
        heading = info.heading
        rows.append(
            (info.id, "", "", "", info.problem)
            if heading is None
            else (info.id, f"{heading.sites:,}", heading.encoder.id, heading.version, "")
        )
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@group.command("show", epilog="Example: negnn atlas show shipped")
def show(atlas: _Atlas) -> None:
    """Show an atlas's card and where it lies, and check that it is whole; status 1 where it is not."""
    from negnn_gui.analysis.atlas_files import AtlasError, read_atlas
    from negnn_gui.analysis.atlas_library import find_atlas

    with _atlas_errors():
        info = find_atlas(atlas)
    if info.card:
        typer.echo(info.card.rstrip() + "\n")
    typer.echo(f"name: {info.id}\nfolder: {info.folder}")
    try:
        content = read_atlas(info.folder)
    except AtlasError as error:
        typer.echo(f"problem: {error}")
        raise typer.Exit(1) from error
    sites = content.sites
    typer.echo(
        f"version: {content.version}\nsites: {len(sites):,} of {len(set(sites.element.tolist()))} elements\n"
        f"encoder: {content.encoder.id}\nencoder sha256: {content.encoder.sha256}\n"
        f"maps: {', '.join(content.coordinates) or 'none'}"
    )


@group.command("import", epilog="Example: negnn atlas import shared-atlas/ --name shared")
def import_one(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of an atlas.")],
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="What to call it.", show_default="as the folder"),
    ] = None,
) -> None:
    """Copy an atlas to your own."""
    from negnn_gui.analysis.atlas_library import import_atlas

    with _atlas_errors():
        info = import_atlas(folder, name or folder.resolve().name)
    typer.echo(f"imported as {info.id}: {info.folder}")


@group.command("remove", epilog="Example: negnn atlas remove mine")
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of one of your own atlases.")],
) -> None:
    """Delete one of your own atlases."""
    from negnn_gui.analysis.atlas_library import remove_atlas

    with _atlas_errors():
        remove_atlas(name)
    typer.echo(f"{name} removed")


@group.command("build", epilog=_EXAMPLE)
def build(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...",
            help="Your own structure files and folders; without any the training tables are sampled.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Keep it among your own atlases.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder of the new atlas, instead of --name.")
    ] = None,
    data: Data = None,
    encoder: Annotated[
        str | None,
        typer.Option("--encoder", metavar="ID", help="Encoder to embed with.", show_default="best"),
    ] = None,
    disorder: options.Disorder = DisorderChoice.SKIP,
    device: options.Device = "auto",
    sites: Annotated[
        int, typer.Option("--sites", min=100, help="About how many sites to sample from the tables.")
    ] = 30_000,
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
    """Make an atlas: of your own structures, or of sites sampled from the training tables.

    Of structures one site of each symmetry class is kept, with the moment its file carries (measured if it is a
    magnetic CIF, else calculated).

    From the tables (--data) sites of the training rows are taken; four fifths carry more than 0.1 μB, and every
    element and range of moments is represented. --sites, --seed, --evaluate and --maps belong to this.

    Status 0: made; 1: made, but some inputs failed; 2: wrong use, or nothing to make it of.
    """
    folder = _new_folder(name, out)
    if paths:
        if data is not None:
            raise CommandError("give structures or --data, not both")
        from negnn_gui.cli.atlas_of_files import build_of_files

        raise typer.Exit(build_of_files(paths, folder, name or folder.name, encoder, device, disorder.value))
    with training_errors():
        import torch

        from negnn_gui.models import registry
        from negnn_gui.training.atlas_build import build_atlas

        torch.set_num_threads(threads)
        count = build_atlas(
            data_folder(data),
            folder,
            encoder or registry.default_id("encoder"),
            sites,
            seed,
            evaluate=evaluate,
            maps=maps,
        )
    typer.echo(f"wrote {count} sites to {folder}")


def _new_folder(name: str | None, out: Path | None) -> Path:
    from negnn_gui.analysis.atlas_library import folder_for

    if (name is None) == (out is None):
        raise CommandError("say where the atlas goes: --name NAME among your own, or --out DIR")
    if out is not None:
        return out
    assert name is not None
    with _atlas_errors():
        folder = folder_for(name)
    if folder.exists():
        raise CommandError(
            f"there is an atlas called {name} already: remove it first, or choose another name"
        )
    return folder


@contextmanager
def _atlas_errors() -> Iterator[None]:
    from negnn_gui.analysis.atlas_files import AtlasError

    try:
        yield
    except AtlasError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename or 'the atlas'}: {error.strerror or error}") from error

"""``negnn models``: what is installed, where it comes from, whether it is whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from negnn_gui.cli.console import FAILED_INPUTS, CommandError

if TYPE_CHECKING:
    from negnn_gui.models.registry import ModelInfo

_group = typer.Typer(no_args_is_help=True)
_Id = Annotated[str, typer.Argument(metavar="ID", help="Name of a model (see: negnn models list).")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(_group, name="models", help="Manage trained models.", epilog="Example: negnn models list")


@_group.command("list", epilog="Example: negnn models list")
def list_all() -> None:
    """List the models that ship with the program and your own; * marks the defaults."""
    from negnn_gui.models import registry

    rows = [("ID", "KIND", "ORIGIN", "SHA256", "")]
    defaults = _defaults()
    for info in registry.list_models():
        note = info.fault or ("*" if info.id in defaults else "")
        rows.append((info.id, info.kind, info.origin, info.sha256[:12], note))
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@_group.command("show", epilog="Example: negnn models show ID")
def show(model: _Id) -> None:
    """Show a model's card, its configuration and where it lies."""
    info = _named(model)
    typer.echo(info.card().rstrip())
    typer.echo(
        f"\nid: {info.id}\nkind: {info.kind}\norigin: {info.origin}\nsha256: {info.sha256}\n"
        f"folder: {info.folder}"
    )
    typer.echo(json.dumps(info.config, indent=1, ensure_ascii=False))


@_group.command(
    "import",
    epilog="Example: negnn models import cgcnn_60k_pred.pth --element-table atom_init.json --name published",
)
def import_model(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A published checkpoint (.pth), or a model's folder.")
    ],
    element_table: Annotated[
        Path | None,
        typer.Option(
            "--element-table", metavar="JSON", help="CGCNN's atom_init.json, for a published checkpoint."
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="ID of the new model, for a published checkpoint."),
    ] = None,
) -> None:
    """Add a model to your own: the checkpoints published with the paper, or a folder made by this program."""
    from negnn_gui.models import registry
    from negnn_gui.models.checkpoint import ModelFileError
    from negnn_gui.models.published import import_published

    try:
        if file.is_dir():
            if element_table is not None or name is not None:
                raise CommandError("a model's folder has its own name and needs no element table")
            info = registry.install(file)
        elif element_table is None or name is None:
            raise CommandError("a published checkpoint needs --element-table atom_init.json and --name NAME")
        else:
            info = import_published(file, element_table, name)
    except ModelFileError as error:
        raise CommandError(str(error)) from error
    typer.echo(f"{info.id}  {info.kind}  {info.sha256}")


@_group.command("remove", epilog="Example: negnn models remove ID")
def remove(model: _Id) -> None:
    """Delete one of your own models."""
    from negnn_gui.models import registry
    from negnn_gui.models.checkpoint import ModelFileError
    from negnn_gui.models.registry import UnknownModelError

    try:
        registry.remove(model)
    except (UnknownModelError, ModelFileError) as error:
        raise CommandError(str(error)) from error
    typer.echo(f"{model} removed")


@_group.command("verify", epilog="Example: negnn models verify")
def verify(
    models: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Models to check; all by default.")
    ] = None,
) -> None:
    """Check the files of models against their sha256; status 1 where one is not whole."""
    from negnn_gui.models import registry
    from negnn_gui.models.checkpoint import ModelFileError

    failed = False
    for info in [_named(model) for model in models] if models else registry.list_models():
        try:
            registry.verify(info)
        except ModelFileError as error:
            failed = True
            typer.echo(f"{info.id}: {error.reason}")
        else:
            typer.echo(f"{info.id}: ok")
    raise typer.Exit(FAILED_INPUTS if failed else 0)


def _named(model: str) -> ModelInfo:
    """A listed model, sound or not, so that its fault can be shown."""
    from negnn_gui.models import registry
    from negnn_gui.models.registry import UnknownModelError

    for info in registry.list_models():
        if info.id == model:
            return info
    try:
        return registry.get(model)  # says what there is
    except UnknownModelError as error:
        raise CommandError(str(error)) from error


def _defaults() -> set[str]:
    from negnn_gui.models import registry
    from negnn_gui.models.registry import UnknownModelError

    found = set()
    for kind in ("encoder", "moment"):
        try:
            found.add(registry.default_id(kind))
        except UnknownModelError:
            continue
    return found

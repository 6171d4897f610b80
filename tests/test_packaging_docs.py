"""The documentation: links lead somewhere, commands and benchmarks that it names exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from negnn_gui.bench import suite
from negnn_gui.cli import app

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    missing = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert not missing


def test_every_page_is_linked_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"docs/{page.name}" in readme for page in (ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_examples_exist(page: Path) -> None:
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL))
    named = set(re.findall(r"^(?:\.venv/bin/)?negnn (\w+)", blocks, flags=re.MULTILINE))
    assert named <= known


def test_every_benchmark_is_described() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    described = re.findall(r"^\| (\w+) \|", page[page.index("| benchmark |") :], flags=re.MULTILINE)
    assert described[1:] == [benchmark.name for benchmark in suite.BENCHMARKS]

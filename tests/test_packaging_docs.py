"""The documentation: every page has a place, links lead somewhere, and what stands in samples works."""

from __future__ import annotations

import hashlib
import re
import shlex
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import pytest
import typer.main
from typer.testing import CliRunner

from negnn_gui.__main__ import parse_arguments
from negnn_gui.bench import suite
from negnn_gui.cli import app

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]
PICTURES = sorted((DOCS / "images").glob("*.png"))
LARGEST_PICTURE = 250_000

WINDOW_OPTIONS = {
    "--appearance",
    "--device",
    "--disorder",
    "--example",
    "--exit",
    "--export-csv",
    "--model",
} | {
    "--screenshot",
    "--size",
    "--verbose",
}
OTHER_OPTIONS = {"--dist", "--only-pack", "--work", "--checks"}
"""Of the scripts in packaging/."""

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def _blocks(page: Path, language: str) -> list[str]:
    """Samples of one language in a page."""
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)


def _anchors(page: Path) -> set[str]:
    """What a link may name after ``#``: headings in lower case, blanks as hyphens."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


# --- pages, links, pictures -------------------------------------------------------------------------


@each_page
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    missing = []
    for link in re.findall(r"\]\(([^)\s]+)", page.read_text(encoding="utf-8")):
        target, _, anchor = link.partition("#")
        if "://" in link:
            continue
        path = page.parent / target if target else page
        if not path.exists() or (anchor and anchor not in _anchors(path)):
            missing.append(link)
    assert not missing


@each_page
def test_links_to_elsewhere_are_encrypted(page: Path) -> None:
    assert not re.findall(r"\]\(http://[^)]+", page.read_text(encoding="utf-8"))


def test_every_page_has_a_place_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    placed = set(re.findall(r": ([\w-]+\.md)$", navigation, flags=re.MULTILINE))
    assert placed == {page.name for page in DOCS.glob("*.md")}


def test_the_readme_leads_to_the_documentation() -> None:
    linked = set(re.findall(r"\]\(docs/([\w-]+\.md)\)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert {"install.md", "first-steps.md", "science.md", "command-line.md", "troubleshooting.md"} <= linked


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_pictures_are_small_and_shown(picture: Path) -> None:
    assert picture.stat().st_size < LARGEST_PICTURE
    assert any(f"images/{picture.name}" in page.read_text(encoding="utf-8") for page in PAGES)


# --- samples ----------------------------------------------------------------------------------------


def _commands(page: Path) -> list[list[str]]:
    """Command lines of the shell samples, as words; lines that end in a backslash go on."""
    lines = "\n".join(_blocks(page, "sh")).replace("\\\n", " ").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


@each_page
def test_commands_are_understood_by_the_program(page: Path) -> None:
    """Every ``negnn`` line of a sample is parsed by the program's own parser: names, options, number of arguments."""
    for words in _commands(page):
        program, *arguments = words
        if Path(program).name == "negnn":
            _parse(typer.main.get_command(app), arguments)
        elif Path(program).name == "negnn-gui" and "FILES..." not in arguments:
            parse_arguments(arguments)


def _parse(command: Any, arguments: list[str]) -> None:
    while hasattr(command, "commands"):
        assert arguments, "a group of commands needs one of them"
        if arguments[0].startswith("-"):
            break
        name, *arguments = arguments
        assert name in command.commands, f"there is no command {name}"
        command = command.commands[name]
    if {"-h", "--help"} & set(arguments):
        return
    context = click.Context(command)
    context.help_option_names = ["-h", "--help"]
    values, rest, _ = command.make_parser(context).parse_args(args=list(arguments))
    assert not rest, f"{rest} are too many arguments"
    required = [p for p in command.params if p.required and not values.get(p.name)]
    assert not required, f"{[p.name for p in required]} are missing"


def _all_options(command: Any) -> set[str]:
    """Options of a command and of everything below it."""
    named = {option for p in command.params for option in (*p.opts, *p.secondary_opts)} | {"--help", "-h"}
    for below in getattr(command, "commands", {}).values():
        named |= _all_options(below)
    return named


@each_page
def test_options_named_in_the_text_exist(page: Path) -> None:
    """Outside samples an option stands alone (``--resume``), or after its command (``negnn predict --resume``)."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    command = typer.main.get_command(app)
    known = _all_options(command) | WINDOW_OPTIONS | OTHER_OPTIONS
    for span in re.findall(r"`([^`]+)`", text):
        words = " ".join(span.split()).split(" ")
        options = {word.split("=")[0] for word in words if re.match(r"--[a-z]", word)}
        options = {option for both in options for option in both.split("/")}
        if Path(words[0]).name == "negnn" and len(words) > 1:
            options -= _options_along(command, words[1:])
            assert not options, f"{span}: there is no {options}"
        elif words[0].startswith("-"):
            assert options <= known, f"{span}: nothing has {options - known}"


def _options_along(command: Any, words: list[str]) -> set[str]:
    """Options of the command that the words name; ``train|pretrain`` names two."""
    if not hasattr(command, "commands"):
        return _all_options(command)
    if words[0].startswith("-"):
        return {option for p in command.params for option in p.opts} | {"--help", "--version"}
    chosen = [name for name in words[0].split("|") if name not in ("...", "…")]
    for name in chosen:
        assert name in command.commands, f"there is no command {name}"
    return set.intersection(*(_options_along(command.commands[name], words[1:] or [""]) for name in chosen))


@each_page
def test_models_named_in_commands_are_shipped(page: Path) -> None:
    """Reports may name models that are gone; what a reader is to type may not."""
    shipped = {card.parent.name for card in (ROOT / "resources" / "models").glob("*/README.md")}
    text = page.read_text(encoding="utf-8")
    commands = [
        *_blocks(page, "sh"),
        *_blocks(page, "python"),
        *re.findall(r"`(negnn(?:-gui)? [^`]+)`", text),
    ]
    named = set(re.findall(r"\b(?:ssl-\w+-\d|negnn-(?!split)[a-z]+-\d)[\w-]*", "\n".join(commands)))
    assert named <= shipped


@each_page
def test_make_targets_in_samples_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^(\w+):", makefile, flags=re.MULTILINE))
    named = {words[1] for words in _commands(page) if words[0] == "make" and len(words) > 1}
    assert named <= targets


@each_page
def test_python_samples_compile(page: Path) -> None:
    for sample in _blocks(page, "python"):
        compile(sample, page.name, "exec")


PREAMBLE = {
    "data.md": "import hashlib; reduced_formula = 'NiO'",
    "screening.md": "import pandas; from pathlib import Path; Path('RESULTS/parts').mkdir(parents=True);"
    "pandas.DataFrame({'element': ['Ni']}).to_parquet('RESULTS/parts/sites-000001.parquet')",
}
"""What a sample takes for granted."""

WITH_PYTHON = [page for page in PAGES if _blocks(page, "python")]


@pytest.fixture
def readers_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files of the names that the samples use."""
    examples = ROOT / "resources" / "examples"
    (tmp_path / "resources").symlink_to(ROOT / "resources")
    for folder in ("structures", "database"):
        (tmp_path / folder).mkdir()
    for name, example in {
        "NiO.cif": "NiO",
        "LaMnO3.cif": "LaMnO3",
        "MnO.cif": "MnO",
        "a.cif": "Fe",
        "b.cif": "Co",
        "structures/Fe.cif": "Fe",
        "database/Co.cif": "Co",
    }.items():
        (tmp_path / name).symlink_to(examples / f"{example}.cif")
    (tmp_path / "MnF2.mcif").symlink_to(examples / "MnF2.mcif")
    frame = (
        '2\nLattice="2.87 0 0 0 2.87 0 0 0 2.87" Properties=species:S:1:pos:R:3\n'
        "Fe 0 0 0\nFe 1.435 1.435 1.435\n"
    )
    (tmp_path / "run.extxyz").write_text(2 * frame, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: page.name)
def test_python_samples_run(page: Path, readers_folder: Path) -> None:
    """One after the other, as in a notebook."""
    code = "\n".join([PREAMBLE.get(page.name, ""), *_blocks(page, "python")])
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=readers_folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr


def test_the_rule_of_the_splits_is_the_one_that_the_page_shows() -> None:
    from negnn_gui.training.dataset_rows import CALCULATED, split_of

    [sample] = _blocks(DOCS / "data.md", "python")
    for formula in ("NiO", "Fe2O3", "MnF2", "LaMnO3", "CrI3", "Cu", "U3Si2", "CoO", "TbMnO3", "SrFeO2"):
        known: dict[str, Any] = {"hashlib": hashlib, "reduced_formula": formula}
        exec(sample, known)
        k = known["k"]
        expected = None if k < 50 else "test" if k < 100 else "val" if k < 150 else "train"
        assert split_of(formula, CALCULATED) == expected


def _runnable(page: Path) -> list[list[str]]:
    """Sample commands that need nothing but structures and the shipped models."""
    commands = []
    for program, *arguments in _commands(page):
        if Path(program).name != "negnn" or {"--cluster", "--device", "-h", "--help"} & set(arguments):
            continue
        if arguments[0] in ("predict", "embed", "render") or arguments[:2] in (
            ["models", "list"],
            ["models", "show"],
            ["bench", "--list"],
        ):
            commands.append(arguments)
    return commands


WITH_COMMANDS = [page for page in PAGES if _runnable(page)]


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: page.name)
def test_shell_samples_run(page: Path, readers_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can be run at once is run, in the page's order, in one folder."""
    monkeypatch.setenv("VTK_DEFAULT_OPENGL_WINDOW", "vtkOSOpenGLRenderWindow")
    shipped = sorted(card.parent.name for card in (ROOT / "resources" / "models").glob("*/README.md"))[0]
    for arguments in _runnable(page):
        small = [re.sub(r"^\d+x\d+$", "320x240", word) for word in arguments]
        result = CliRunner().invoke(app, [shipped if word == "MODEL" else word for word in small])
        assert result.exit_code == 0, f"{' '.join(arguments)}: {result.output}"
        for option in ("-o", "--embeddings", "--dictionary", "--summary"):
            if option in arguments:
                assert (readers_folder / arguments[arguments.index(option) + 1]).stat().st_size


@each_page
def test_every_sample_is_in_a_fence(page: Path) -> None:
    """An indented sample would be read by no test."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    assert not re.findall(r"^ {4,}(?:negnn|make|pip|\.venv)\b.*$", text, flags=re.MULTILINE)


def test_every_extra_is_described_where_one_installs() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    text = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    assert [extra for extra in extras if f"| `{extra}` |" not in text] == []


@each_page
def test_a_page_has_one_title(page: Path) -> None:
    outside = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^# .+$", outside, flags=re.MULTILINE)
    assert len(titles) == 1, titles


def test_every_benchmark_is_described() -> None:
    page = (DOCS / "command-line.md").read_text(encoding="utf-8")
    described = re.findall(r"^\| (\w+) \|", page[page.index("| benchmark |") :], flags=re.MULTILINE)
    assert described[1:] == [benchmark.name for benchmark in suite.BENCHMARKS]


# --- the built pages --------------------------------------------------------------------------------


needs_mkdocs = pytest.mark.skipif(
    not all(map(find_spec, ("mkdocs", "material", "mkdocstrings", "latex2mathml"))),
    reason='MkDocs is not installed: pip install -e ".[docs]"',
)


@needs_mkdocs
def test_formulas_and_model_cards_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))
    import docs_hooks

    page = docs_hooks.on_page_markdown("```math\n\\frac{1}{2}\n```\n")
    assert "<mfrac>" in page
    assert "```" not in page
    cards = docs_hooks.on_page_markdown((DOCS / "model-cards.md").read_text(encoding="utf-8"))
    for card in (ROOT / "resources" / "models").glob("*/README.md"):
        assert f"## {card.parent.name}\n" in cards


@pytest.mark.slow
@needs_mkdocs
def test_documentation_builds_without_warnings(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    index = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    loaded = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(https?://[^"]+)"', index)
    assert not loaded, "the built pages load something from elsewhere"

"""What a run of ``negnn reproduce`` leaves in the documentation: tables, figures, report, and the README's claims."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
REPORT = """# The paper's evidence

Each cell stands in the CSV file of its name beside this report.

* command: negnn reproduce --size small
* size: small: 9 sites
* cells: 3 measured in 0.01 hours of one processor, 4 not measured

## Claims

| claim | measured | verdict |
| --- | --- | --- |
| abs(m) is found | best level 01: 0.5 μB; {long} | ≈ partly |

## Parity

![Parity](figures/parity.png)
"""


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("publish", ROOT / "packaging" / "publish_evidence.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_run_is_published(script: ModuleType, tmp_path: Path) -> None:
    run, root = tmp_path / "run", tmp_path / "root"
    (run / "figures").mkdir(parents=True)
    (root / "docs" / "evidence").mkdir(parents=True)
    (root / "docs" / "evidence" / "old.csv").write_text("gone\n")
    (root / "README.md").write_text(
        "before\n" + "\nleft over\n".join(script.MARKS) + "\nafter\n", encoding="utf-8"
    )
    (run / "report.md").write_text(REPORT.format(long="x" * 900), encoding="utf-8")
    (run / "report.html").write_text("<p>")
    (run / "regression.csv").write_text("task,mae\na,1\n")
    (run / "parity.csv").write_text("task,mae\n")
    for ending in ("png", "svg"):
        (run / "figures" / f"parity.{ending}").write_bytes(b"picture")
    for _ in range(2):  # again is the same
        script.publish(run, root)
        found = {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()}
        assert found == {
            "README.md",
            "docs/evidence.md",
            "docs/evidence/regression.csv",
            "docs/evidence/figures/parity.png",
            "docs/evidence/figures/parity.svg",
            "resources/evidence/report.html",
        }
        readme = (root / "README.md").read_text(encoding="utf-8")
        assert readme.startswith("before\n") and readme.endswith("\nafter\n") and "left over" not in readme
        assert "| abs(m) is found | best level 01: 0.5 μB; … | ≈ partly |" in readme
        assert "small: 9 sites; 3 measured in 0.01 hours" in readme
    page = (root / "docs" / "evidence.md").read_text(encoding="utf-8")
    assert "](evidence/figures/parity.png)" in page and "`docs/evidence/`" in page


def test_a_readme_without_marks_is_left_alone(script: ModuleType) -> None:
    with pytest.raises(ValueError, match="lacks the lines"):
        script.with_claims("no marks", REPORT)
    assert all(mark in (ROOT / "README.md").read_text(encoding="utf-8") for mark in script.MARKS)

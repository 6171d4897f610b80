"""The filter language: what it finds, what it refuses, and that nothing in it is ever executed."""

import ast
import warnings

import numpy as np
import pytest

from negnn_gui.analysis.site_filter import MAX_LENGTH, FilterError, filter_mask


def column(*values: str) -> np.ndarray:
    return np.array(values, dtype=object)


COLUMNS = {
    "element": column("Fe", "O", "Nd", "Fe"),
    "nn_formula": column("Fe2O3", "NiO", "", "FeO"),
    "moment_pred_muB": np.array([3.6, 0.0, np.nan, 2.0]),
    "moment_input_muB": np.array([-3.0, np.nan, np.nan, 1.0]),
    "site_index": np.array([0, 1, 0, 1]),
}


@pytest.mark.parametrize(
    ("expression", "rows"),
    [
        ("", [0, 1, 2, 3]),
        ("   ", [0, 1, 2, 3]),
        ('element == "Fe"', [0, 3]),
        ("element == Fe", [0, 3]),
        ("Fe == element", [0, 3]),
        ('element != "Fe"', [1, 2]),
        ('element == "Fe" and moment_pred_muB > 2', [0]),
        ("element == 'Nd' or moment_pred_muB <= 0", [1, 2]),
        ("not element == Fe", [1, 2]),
        ("0 < moment_pred_muB < 3", [3]),
        ("moment_pred_muB > 0 > moment_input_muB", [0]),
        ("abs(moment_input_muB) > 2", [0]),
        ("moment_input_muB < -2", [0]),
        ("moment_pred_muB - abs(moment_input_muB) > 0.5", [0, 3]),
        ("moment_pred_muB / site_index > 1", [3]),
        ("2 * moment_pred_muB >= 4", [0, 3]),
        ('element in ("Fe", "Nd")', [0, 2, 3]),
        ("element in (Fe, Nd)", [0, 2, 3]),
        ("element not in [Fe, Nd]", [1]),
        ("site_index in {1, 7}", [1, 3]),
        ('"Fe" in nn_formula', [0, 3]),
        ('"Fe" not in nn_formula', [1, 2]),
        ('nn_formula != "NiO"', [0, 3]),
        ("known(moment_pred_muB)", [0, 1, 3]),
        ("not known(nn_formula)", [2]),
        ("moment_pred_muB != 2", [0, 1]),
        ("site_index == 1e0", [1, 3]),
    ],
)
def test_what_is_found(expression: str, rows: list[int]) -> None:
    assert np.flatnonzero(filter_mask(expression, COLUMNS)).tolist() == rows


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('true')",
        "().__class__.__bases__[0].__subclasses__() == 1",
        "element.__class__ == 'x'",
        "open('/etc/passwd') == 1",
        "[x for x in element] == 1",
        "(lambda: 1)() == 1",
        "(site_index := 1) == 1",
        "site_index ** 9 ** 9 ** 9 > 1",
        "site_index << 9 > 1",
        "site_index[0] == 1",
        "f'{site_index}' == 'x'",
        "print(site_index)",
        "known(*element)",
        "known(element, element)",
        "abs(x=1) > 0",
        "abs(element) > 0",
        "known",
        "element",
        "1",
        "True == True",
        "None == None",
        "b'x' == element",
        "1j == site_index",
        "site_index if site_index else 1",
        "await site_index",
        "exec('x')",
        "... == 1",
        "element is 'Fe'",
        "'\\d' is element",
        "~site_index == 1",
        "site_index % 2 == 1",
        "element in known",
        "element in 5",
        "site_index in ('Fe',)",
        "site_index in (site_index,)",
        "5 in element",
        "-element == 1",
        "element + 'x' == 'Fex'",
        "(element == Fe) + 1 > 0",
    ],
)
def test_hostile_or_senseless_expressions_are_refused_in_one_line(expression: str) -> None:
    with pytest.raises(FilterError) as refused:
        filter_mask(expression, COLUMNS)
    message = str(refused.value)
    assert message
    assert "\n" not in message
    assert len(message) < 200


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("moment_pre > 2", "there is no column moment_pre; did you mean moment_pred_muB?"),
        ("zzz > 2", "there is no column zzz"),
        ("element > 2", "text and number"),
        ("element = Fe", "write == to compare"),
        ("element ==", "not complete"),
        ("element == Fe & site_index == 1", "cannot be used"),
        ("(element == Fe) & (site_index == 1)", "write and / or"),
        ("moment_pred_muB", "needs a condition"),
        ("site_index == " + "9" * 400, "too large"),
        ("element == '" + "x" * MAX_LENGTH + "'", f"longer than {MAX_LENGTH}"),
    ],
)
def test_messages_say_what_to_do(expression: str, said: str) -> None:
    with pytest.raises(FilterError, match=said.replace("?", r"\?").replace("(", r"\(")):
        filter_mask(expression, COLUMNS)


@pytest.mark.parametrize(
    "expression",
    ["(" * 240 + "1" + ")" * 240, "-" * 480 + "site_index > 0", "not " * 120 + "1 > 0", "[" * 499],
)
def test_deep_nesting_neither_crashes_nor_hangs(expression: str) -> None:
    try:
        filter_mask(expression, COLUMNS)
    except FilterError as error:
        assert "\n" not in str(error)


def test_nothing_is_compiled_or_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []
    genuine = ast.parse
    monkeypatch.setattr(ast, "parse", lambda *args, **kwargs: parsed.append(args) or genuine(*args, **kwargs))
    monkeypatch.setattr("builtins.eval", lambda *_: pytest.fail("eval was called"))
    monkeypatch.setattr("builtins.exec", lambda *_: pytest.fail("exec was called"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        filter_mask("element == '\\d'", COLUMNS)
    assert parsed


def test_an_empty_table_can_be_filtered() -> None:
    empty = {name: values[:0] for name, values in COLUMNS.items()}
    for expression in ("", "element == Fe and moment_pred_muB > 2", "'Fe' in nn_formula", "element in (Fe,)"):
        assert filter_mask(expression, empty).shape == (0,)
    assert filter_mask("", {}).shape == (0,)

"""Filter expressions over the columns of the sites table: ``element == "Fe" and moment_pred_muB > 2``.

The expression is parsed with Python's own grammar and walked over a list of allowed nodes; nothing of it is
ever executed. Comparisons, ``and``, ``or``, ``not``, ``in``, ``+ - * /``, ``abs(...)`` and ``known(...)`` on
columns, numbers and texts: nothing else exists. A value that is not known meets no comparison.
"""

from __future__ import annotations

import ast
import difflib
import operator
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_LENGTH = 500

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class FilterError(ValueError):
    """The expression cannot be used; the message is one line for the user."""


def filter_mask(expression: str, columns: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
    """Which rows meet an expression.

    Parameters
    ----------
    expression : str
        Such as ``element in ("Fe", "Co") and abs(moment_input_muB) > 1``. Quotes around a text may be left
        out where it is no column name: ``element == Fe``. Empty: every row.
    columns : mapping of str to (N,) array
        Numbers, or object arrays of text.

    Returns
    -------
    (N,) bool

    Raises
    ------
    FilterError
        It is no valid expression, names no column, or compares text with numbers.
    """
    n_rows = len(next(iter(columns.values()))) if columns else 0
    if not expression.strip():
        return np.ones(n_rows, dtype=np.bool_)
    tree = _parse(expression.strip())
    try:
        with np.errstate(all="ignore"):
            return _Evaluation(columns, n_rows).truth(tree)
    except RecursionError as error:
        raise FilterError("the filter is nested too deeply") from error


def _parse(expression: str) -> ast.expr:
    if len(expression) > MAX_LENGTH:
        raise FilterError(f"the filter is longer than {MAX_LENGTH} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(expression, mode="eval").body
    except SyntaxError as error:
        where = f" at character {error.offset}" if error.offset else ""
        hint = "; write == to compare" if "==" in str(error.msg) or _single_equals(expression) else ""
        raise FilterError(f"the filter is not complete or not valid{where}{hint}") from error
    except (ValueError, MemoryError, RecursionError) as error:
        raise FilterError("the filter is not valid") from error


def _single_equals(expression: str) -> bool:
    bare = expression
    for pair in ("==", "!=", "<=", ">="):
        bare = bare.replace(pair, "")
    return "=" in bare


class _Evaluation:
    """Walks one expression; every node that is not named here is refused."""

    def __init__(self, columns: Mapping[str, NDArray[Any]], n_rows: int) -> None:
        self._columns = columns
        self._n_rows = n_rows

    def truth(self, node: ast.expr) -> NDArray[np.bool_]:
        """(N,) bool of a condition."""
        if isinstance(node, ast.BoolOp):
            parts = [self.truth(value) for value in node.values]
            combine = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
            return np.asarray(combine.reduce(parts))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return ~self.truth(node.operand)
        if isinstance(node, ast.Compare):
            return self._comparison(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "known":
            return _known(self._spread(self._value(self._only_argument(node))))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr):
            raise FilterError("write and / or between conditions")
        raise FilterError(
            'the filter needs a condition such as element == "Fe" and moment_pred_muB > 2'
            f", not {_source(node)}"
        )

    def _comparison(self, node: ast.Compare) -> NDArray[np.bool_]:
        result = np.ones(self._n_rows, dtype=np.bool_)
        sides = [node.left, *node.comparators]
        for sign, left, right in zip(node.ops, sides, sides[1:], strict=False):
            if isinstance(sign, ast.In | ast.NotIn):
                result &= self._membership(left, right, isinstance(sign, ast.NotIn))
            elif type(sign) in _COMPARE:
                result &= self._ordering(left, right, _COMPARE[type(sign)])
            else:
                raise FilterError("write == or != to compare, not is")
        return result

    def _ordering(
        self, left: ast.expr, right: ast.expr, compare: Callable[[Any, Any], Any]
    ) -> NDArray[np.bool_]:
        first, second = self._pair(left, right)
        if _is_text(first) != _is_text(second):
            raise FilterError(
                f"{_source(left)} and {_source(right)} are text and number; they cannot be compared"
            )
        first, second = self._spread(first), self._spread(second)
        met = np.asarray(compare(first, second), dtype=np.bool_)
        return np.asarray(met & _known(first) & _known(second))

    def _membership(self, left: ast.expr, right: ast.expr, negated: bool) -> NDArray[np.bool_]:
        value = self._spread(self._value(left, bare_text=True))
        if isinstance(right, ast.Tuple | ast.List | ast.Set):
            met = np.zeros(self._n_rows, dtype=np.bool_)
            for item in right.elts:
                wanted = self._value(item, bare_text=_is_text(value))
                if isinstance(wanted, np.ndarray) or _is_text(wanted) != _is_text(value):
                    raise FilterError(f"{_source(item)} cannot be looked for in {_source(left)}")
                met |= np.asarray(value == wanted, dtype=np.bool_)
        else:
            text = self._value(right)
            if not (_is_text(value) and _is_text(text)):
                raise FilterError(
                    f"after in comes a list such as ('Fe', 'Co') or a text, not {_source(right)}"
                )
            pairs = zip(value, self._spread(text), strict=True)
            met = np.fromiter((part in whole for part, whole in pairs), np.bool_, self._n_rows)
        return (~met if negated else met) & _known(value)

    def _pair(self, left: ast.expr, right: ast.expr) -> tuple[Any, Any]:
        """Both sides of a comparison; a bare word beside a text column is a text."""
        first_is_text = self._is_text_column(left)
        second_is_text = self._is_text_column(right)
        return self._value(left, bare_text=second_is_text), self._value(right, bare_text=first_is_text)

    def _is_text_column(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self._columns and _is_text(self._columns[node.id])

    def _value(self, node: ast.expr, *, bare_text: bool = False) -> Any:
        """A column, a text, or a number (a float, or an array of them)."""
        if isinstance(node, ast.Name):
            return self._name(node.id, bare_text)
        if isinstance(node, ast.Constant):
            return _constant(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            number = self._number(node.operand)
            return -number if isinstance(node.op, ast.USub) else number
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            left, right = self._number(node.left), self._number(node.right)
            return _ARITHMETIC[type(node.op)](np.asarray(left, dtype=np.float64), right)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "abs":
            return np.abs(self._number(self._only_argument(node)))
        raise FilterError(f"{_source(node)} cannot be used in a filter")

    def _name(self, name: str, bare_text: bool) -> Any:
        if name in self._columns:
            return self._columns[name]
        if bare_text:
            return name
        near = difflib.get_close_matches(name, self._columns, n=1)
        raise FilterError(
            f"there is no column {_shortened(name)}" + (f"; did you mean {near[0]}?" if near else "")
        )

    def _number(self, node: ast.expr) -> Any:
        value = self._value(node)
        if _is_text(value):
            raise FilterError(f"{_source(node)} is text; a number is needed there")
        return value

    def _only_argument(self, node: ast.Call) -> ast.expr:
        if len(node.args) != 1 or node.keywords or isinstance(node.args[0], ast.Starred):
            raise FilterError(f"{_source(node)} takes exactly one column or number")
        return node.args[0]

    def _spread(self, value: Any) -> NDArray[Any]:
        if isinstance(value, np.ndarray) and value.ndim:
            return value
        return np.full(self._n_rows, value, dtype=object if isinstance(value, str) else np.float64)


def _constant(node: ast.Constant) -> str | float:
    if isinstance(node.value, str):
        return node.value
    if isinstance(node.value, int | float) and not isinstance(node.value, bool):
        try:
            return float(node.value)
        except OverflowError as error:
            raise FilterError("a number in the filter is too large") from error
    raise FilterError(f"{_source(node)} cannot be used in a filter")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, np.ndarray) and value.dtype == object)


def _known(values: NDArray[Any]) -> NDArray[np.bool_]:
    if values.dtype == object:
        return np.asarray(values != "", dtype=np.bool_)
    return np.asarray(np.isfinite(values), dtype=np.bool_)


def _source(node: ast.AST) -> str:
    try:
        return _shortened(ast.unparse(node))
    except RecursionError:
        return "this"


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"

"""One numbering of sites, there and back."""

import numpy as np

from negnn_gui.analysis.sites import SiteIndex
from negnn_gui.results import SiteRef


def test_rows_and_sites_correspond() -> None:
    index = SiteIndex({"a": 2, "empty": 0, "b": 3})
    assert len(index) == 5
    assert [index.ref(row) for row in range(5)] == [
        SiteRef("a", 0),
        SiteRef("a", 1),
        SiteRef("b", 0),
        SiteRef("b", 1),
        SiteRef("b", 2),
    ]
    assert index.span("b") == slice(2, 5)
    assert index.span("empty") == index.span("absent") or len(range(*index.span("empty").indices(5))) == 0
    assert index.refs([1, 4]) == {SiteRef("a", 1), SiteRef("b", 2)}


def test_foreign_sites_are_left_out() -> None:
    index = SiteIndex({"a": 2, "b": 3})
    selection = {SiteRef("b", 2), SiteRef("a", 0), SiteRef("a", 9), SiteRef("c", 0), SiteRef("a", -1)}
    np.testing.assert_array_equal(index.rows(selection), [0, 4])
    np.testing.assert_array_equal(index.mask(selection), [True, False, False, False, True])


def test_no_sites_at_all() -> None:
    index = SiteIndex({})
    assert len(index) == 0
    assert index.refs([]) == frozenset()
    assert index.rows({SiteRef("a", 0)}).size == 0

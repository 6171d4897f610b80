"""What becomes of a batch's numbers: second states beside the median, and nothing for elements without data."""

from __future__ import annotations

from typing import Any

import numpy as np
from pymatgen.core import Lattice, Structure

from negnn_gui.graphs.build import build_graph
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.inference.answers import analyses_of_batch
from negnn_gui.inference.moment_models import LoadedMomentModel
from negnn_gui.inference.spin_states import SecondStates, interval_with_states
from negnn_gui.models.negnn import DFT, EXPERIMENTAL, QUANTILES
from negnn_gui.results import Analysis, ModelRef
from negnn_gui.structures.entry import StructureEntry

FE_ND = Structure(Lattice.cubic(3.0), ["Fe", "Nd"], [[0, 0, 0], [0.5, 0.5, 0.5]])
TWO_STATES = [0.8, 0.9, 0.95, 4.0, 4.1, 4.15, 4.2, 4.25, 4.3]


def answer(quantiles: dict[str, np.ndarray]) -> Analysis:
    covered = np.zeros(104, dtype=bool)
    covered[26] = True
    model: Any = None
    moment = LoadedMomentModel(
        ModelRef("m", "0"), ModelRef("e", "0"), model, {DFT: covered, EXPERIMENTAL: covered}, {}, None
    )
    entry = StructureEntry("x", None, 0, "x", FE_ND, ("Fe1", "Nd1"))
    ready = [(entry, build_graph(FE_ND, GraphSpec()))]
    embeddings = np.zeros((6, 2, 64), dtype=np.float32)
    (found,) = analyses_of_batch(ready, embeddings, quantiles, None, moment, ModelRef("e", "0"), "cpu")
    return found


def test_a_second_state_is_read_from_the_quantiles_of_the_dft_head_only() -> None:
    found = answer({DFT: np.array([TWO_STATES] * 2), EXPERIMENTAL: np.array([TWO_STATES] * 2)})
    assert found.moment.median[0] == 4.1
    assert 0.8 <= found.moment.alt[0] <= 1.0
    assert 0.25 < found.moment.alt_weight[0] < 0.4
    # no data for the element: no second state either
    assert np.isnan([found.moment.median[1], found.moment.alt[1], found.moment.alt_weight[1]]).all()
    assert np.isnan(found.moment_exp.alt).all()


def test_a_model_that_names_its_modes_is_taken_at_its_word() -> None:
    certain = np.full((2, len(QUANTILES)), 4.1)
    modes = np.array([[[4.1, 0.8], [0.7, 0.2]]] * 2)
    found = answer({DFT: certain, f"{DFT}_modes": modes})
    assert found.moment.alt[0] == 0.7
    assert found.moment.alt_weight[0] == 0.2


def test_an_interval_holds_the_second_state_that_is_told() -> None:
    states = SecondStates(np.array([0.12, 5.0, np.nan]), np.array([0.2, 0.2, np.nan]))
    lo, hi = interval_with_states(np.array([3.2, 3.2, 3.2]), np.array([3.9, 3.9, 3.9]), states)
    assert lo.tolist() == [0.12, 3.2, 3.2]
    assert hi.tolist() == [3.9, 5.0, 3.9]
    nothing = np.full(
        3, np.nan
    )  # a head without a calibration has no interval, with or without a second state
    assert np.isnan(interval_with_states(nothing, nothing, states)).all()

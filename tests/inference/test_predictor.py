"""The predictor on real models: physics, "no data", order, cancelling, and memory that runs out."""

from pathlib import Path

import numpy as np
import pytest
import torch
from pymatgen.core import Lattice, Structure

from negnn_gui.inference import predictor as predictor_module
from negnn_gui.inference.devices import DeviceError, choose_device, is_out_of_memory
from negnn_gui.inference.predictor import PredictionFailure, Predictor
from negnn_gui.results import Analysis
from negnn_gui.structures.entry import StructureEntry


def entry(structure: Structure, name: str = "x") -> StructureEntry:
    labels = tuple(f"{site.species_string}{i}" for i, site in enumerate(structure))
    return StructureEntry(name, Path(f"{name}.cif"), 0, name, structure, labels)


def rock_salt(metal: str, anion: str, a: float) -> Structure:
    return Structure.from_spacegroup("Fm-3m", Lattice.cubic(a), [metal, anion], [[0] * 3, [0.5] * 3])


NIO = rock_salt("Ni", "O", 4.177)
FE = Structure(Lattice.cubic(2.8665), ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]])


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.load(device="cpu")


def one(predictor: Predictor, structure: Structure) -> Analysis:
    (answer,) = predictor.predict([entry(structure)])
    assert isinstance(answer, Analysis)
    return answer


def test_moments_are_magnitudes_inside_their_intervals(predictor: Predictor) -> None:
    answer = one(predictor, NIO)
    moment = answer.moment
    assert answer.embeddings.shape == (6, 8, 64) and answer.embeddings.dtype == np.float32
    assert (moment.median >= 0).all() and (moment.lo >= 0).all()
    assert ((moment.lo <= moment.median) & (moment.median <= moment.hi)).all()
    # nickel carries the moment, oxygen next to none
    assert moment.median[0] > 1.0 > 0.3 > moment.median[-1]
    assert ((answer.ood_score >= 0) & (answer.ood_score <= 1)).all()
    assert answer.model is not None and len(answer.model.sha256) == 64


def test_equivalent_atoms_get_the_same_moment_in_any_cell(predictor: Predictor) -> None:
    for crystal in (NIO, FE):
        small, large = one(predictor, crystal), one(predictor, crystal * (2, 1, 3))
        by_element = {z: small.moment.median[small.atomic_numbers == z][0] for z in set(small.atomic_numbers)}
        expected = [by_element[z] for z in large.atomic_numbers]
        np.testing.assert_allclose(large.moment.median, expected, atol=1e-4)


def test_elements_without_data_get_no_number(predictor: Predictor) -> None:
    answer = one(predictor, rock_salt("Nd", "N", 5.13))
    neodymium = answer.atomic_numbers == 60
    for values in (answer.moment.median, answer.moment.lo, answer.moment.hi):
        assert np.isnan(values[neodymium]).all()
    assert np.isfinite(answer.moment.median[~neodymium]).all()
    assert any("Nd" in warning for warning in answer.warnings)
    # measured moments of neodymium are known
    assert np.isfinite(answer.moment_exp.median[neodymium]).all()


def test_answers_keep_the_order_and_failures_stand_in_their_place(predictor: Predictor) -> None:
    disordered = Structure(Lattice.cubic(3), [{"Fe": 0.5, "Co": 0.5}], [[0, 0, 0]])
    entries = [entry(NIO, "a"), entry(disordered, "b"), entry(FE, "c")]
    answers = list(predictor.predict(entries))
    assert [a.entry_id for a in answers] == ["a", "b", "c"]
    assert isinstance(answers[1], PredictionFailure) and "disordered" in answers[1].reason
    alone = one(predictor, FE)
    assert isinstance(answers[2], Analysis)
    np.testing.assert_allclose(answers[2].moment.median, alone.moment.median, atol=1e-5)


def test_isolated_atoms_are_predicted_and_named_and_overlapping_ones_get_no_moment(
    predictor: Predictor,
) -> None:
    alone = one(predictor, Structure(Lattice.cubic(30), ["Fe"], [[0, 0, 0]]))
    assert np.isfinite(alone.moment.median).all() and "no neighbour" in alone.warnings[0]
    # of three atoms two overlap: the third keeps its moment
    places = [[0, 0, 0], [0.05, 0, 0], [0.5, 0.5, 0.5]]
    close = one(predictor, Structure(Lattice.cubic(4), ["Fe", "O", "Fe"], places))
    assert any("closer than 0.5 Å to another atom" in warning for warning in close.warnings)
    assert np.isfinite(close.moment.median).tolist() == [False, False, True]
    assert np.isnan(close.moment.lo[:2]).all() and np.isnan(close.moment_exp.median[:2]).all()
    # an atom on top of its own images
    tiny = one(predictor, Structure(Lattice.cubic(0.1), ["Fe"], [[0, 0, 0]]))
    assert np.isnan(tiny.moment.median).all() and "no moment is given" in " ".join(tiny.warnings)


def test_cancelling_stops_between_structures(predictor: Predictor) -> None:
    seen: list[int] = []
    answers = predictor.predict([entry(NIO, str(i)) for i in range(5)], cancelled=lambda: len(seen) >= 2)
    for _ in answers:
        seen.append(1)
    assert len(seen) == 2


def test_progress_reaches_the_total(predictor: Predictor) -> None:
    steps: list[tuple[int, int]] = []
    small = Predictor.load(device="cpu")
    small.batch_atoms = 20
    list(small.predict([entry(NIO, str(i)) for i in range(6)], progress=lambda *s: steps.append(s)))
    assert steps[-1] == (6, 6) and len(steps) > 1 and steps == sorted(steps)


def test_exhausted_memory_halves_the_batch_and_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    small = Predictor.load(device="cpu")
    forward = Predictor._forward

    def limited(self: Predictor, batch, levels):  # type: ignore[no-untyped-def]
        if batch.n_atoms > 16:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")
        return forward(self, batch, levels)

    entries = [entry(NIO, str(i)) for i in range(7)]
    expected = list(small.predict(entries))
    monkeypatch.setattr(Predictor, "_forward", limited)
    told: list[str] = []
    answers = list(small.predict(entries, notify=told.append))
    assert [a.entry_id for a in answers] == [e.id for e in entries]
    for answer, right in zip(answers, expected, strict=True):
        assert isinstance(answer, Analysis) and isinstance(right, Analysis)
        np.testing.assert_allclose(answer.moment.median, right.moment.median, atol=1e-5)
    assert told and "half as large" in told[0]
    # one structure that is too large by itself fails alone, with a reason
    failure, fits = small.predict([entry(NIO * (2, 2, 1), "big"), entry(FE, "small")])
    assert isinstance(failure, PredictionFailure) and "not enough memory" in failure.reason
    assert isinstance(fits, Analysis)


def test_a_full_accelerator_gives_way_to_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    small = Predictor.load(device="cpu")
    # no accelerator here: the predictor believes it has one, and it is full
    small._device = torch.device("cuda:0")
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    run = Predictor._compute

    def full(self: Predictor, ready, levels):  # type: ignore[no-untyped-def]
        if self.device != "cpu":
            raise torch.OutOfMemoryError("CUDA out of memory")
        return run(self, ready, levels)

    monkeypatch.setattr(Predictor, "_compute", full)
    told: list[str] = []
    (answer,) = small.predict([entry(NIO)], notify=told.append)
    assert isinstance(answer, Analysis) and answer.device == "cpu" == small.device
    assert told == ["Memory ran out on cuda:0: going on with the CPU."]


def test_loading_falls_back_when_the_accelerator_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Predictor._place

    def full(self: Predictor, device: torch.device) -> None:
        if device.type != "cpu":
            raise torch.OutOfMemoryError("CUDA out of memory")
        place(self, device)

    monkeypatch.setattr(predictor_module, "choose_device", lambda wanted: torch.device("cuda:0"))
    monkeypatch.setattr(Predictor, "_place", full)
    assert Predictor.load().device == "cpu"


def test_other_errors_are_not_taken_for_memory() -> None:
    assert is_out_of_memory(MemoryError()) and is_out_of_memory(RuntimeError("CUDA out of memory. Tried"))
    assert not is_out_of_memory(RuntimeError("shape mismatch")) and not is_out_of_memory(
        ValueError("out of memory")
    )


def test_devices_that_do_not_exist_are_refused() -> None:
    for wanted in ("tpu9", "cuda:99"):
        with pytest.raises(DeviceError, match=wanted):
            choose_device(wanted)


def test_embeddings_alone_need_no_moment_model() -> None:
    from negnn_gui.models import registry

    only = Predictor.load(encoder_id=registry.default_id("encoder"), device="cpu")
    answer = one(only, NIO)
    assert answer.model is None and np.isnan(answer.moment.median).all()
    np.testing.assert_allclose(
        answer.embedding("01"), np.hstack([answer.embeddings[0], answer.embeddings[1]])
    )
    with pytest.raises(ValueError, match="levels"):
        answer.embedding("07")


def test_lower_levels_are_the_same_where_higher_ones_are_not_asked_for(predictor: Predictor) -> None:
    whole = one(predictor, NIO)
    for asked, given in ((0, 2), (1, 2), (3, 4)):  # the moment model and the domain read level 1
        (answer,) = predictor.predict([entry(NIO)], highest_level=asked)
        assert isinstance(answer, Analysis)
        assert answer.embeddings.shape == (given, 8, 64)
        np.testing.assert_array_equal(answer.embeddings, whole.embeddings[:given])
        np.testing.assert_array_equal(answer.moment.median, whole.moment.median)
        np.testing.assert_array_equal(answer.ood_score, whole.ood_score)

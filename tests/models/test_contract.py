"""What every shipped model promises, whatever it is: run over each of them.

Embeddings and moments do not depend on how a crystal is written down (1e-4), not even where neighbours tie.
``golden.npz`` in a model's folder, where there is one, holds what it gave when it was made, for examples by
their file stem: ``embeddings/NAME`` (levels, N, width) and, for a moment model, ``moment/NAME`` and
``moment_exp/NAME`` (N,), medians in μB.
"""

import copy
from functools import cache
from itertools import count

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.core.operations import SymmOp

from negnn_gui.inference.predictor import Predictor
from negnn_gui.models import registry
from negnn_gui.models.registry import GOLDEN_FILE, ModelInfo
from negnn_gui.results import Analysis
from negnn_gui.structures.entry import StructureEntry
from negnn_gui.structures.reading import example_paths, read_structures

TOLERANCE = 1e-4

# In all of them the twelfth and thirteenth neighbours of some atoms are equally far.
TIED = {
    "bcc": Structure(Lattice.cubic(2.8665), ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
    "rock salt": Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(4.177), ["Ni", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    ),
    "hcp": Structure(
        Lattice.hexagonal(2.507, 4.069), ["Co", "Co"], [[1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]]
    ),
    "perovskite": Structure.from_spacegroup(
        "Pm-3m", Lattice.cubic(3.9), ["Gd", "Mn", "O"], [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0]]
    ),
}
crystals = pytest.mark.parametrize("crystal", TIED.values(), ids=TIED.keys())

_numbers = count()


def shipped_models() -> list[ModelInfo]:
    return [info for info in registry.list_models() if info.origin == "shipped"]


@pytest.fixture(params=shipped_models(), ids=lambda info: info.id)
def info(request: pytest.FixtureRequest) -> ModelInfo:
    model: ModelInfo = request.param
    return model


@cache
def predictor_of(model_id: str, kind: str) -> Predictor:
    if kind == "encoder":
        return Predictor.load(encoder_id=model_id, device="cpu")
    return Predictor.load(model_id, device="cpu")


@pytest.fixture
def predictor(info: ModelInfo) -> Predictor:
    return predictor_of(info.id, info.kind)


def entry_of(structure: Structure) -> StructureEntry:
    labels = tuple(f"{site.specie}{i + 1}" for i, site in enumerate(structure))
    return StructureEntry(f"e{next(_numbers)}", None, 0, "crystal", structure, labels)


def predict(predictor: Predictor, structure: Structure) -> Analysis:
    (answer,) = predictor.predict([entry_of(structure)])
    assert isinstance(answer, Analysis)
    return answer


def assert_same(found: Analysis, expected: Analysis, sites: np.ndarray | None = None) -> None:
    """``found`` is ``expected`` with its sites taken in the order ``sites``."""
    order = np.arange(expected.n_sites) if sites is None else sites
    np.testing.assert_allclose(found.embeddings, expected.embeddings[:, order], rtol=0, atol=TOLERANCE)
    for head in ("moment", "moment_exp"):
        for value in ("median", "lo", "hi", "alt", "alt_weight"):
            np.testing.assert_allclose(
                getattr(getattr(found, head), value),
                getattr(getattr(expected, head), value)[order],
                rtol=0,
                atol=TOLERANCE,
                err_msg=f"{head}.{value}",
            )


def test_files_are_sound(info: ModelInfo) -> None:
    assert info.fault is None
    registry.verify(info)
    assert info.config["id"] in info.card()


def test_answers_name_the_model(info: ModelInfo, predictor: Predictor) -> None:
    answer = predict(predictor, TIED["rock salt"])
    used = answer.encoder if info.kind == "encoder" else answer.model
    assert used == info.ref
    assert np.isfinite(answer.embeddings).all()
    assert (info.kind == "encoder") == bool(np.isnan(answer.moment.median).all())


@crystals
def test_the_same_question_has_the_same_answer(predictor: Predictor, crystal: Structure) -> None:
    first, second = predict(predictor, crystal), predict(predictor, crystal)
    np.testing.assert_array_equal(first.embeddings, second.embeddings)
    np.testing.assert_array_equal(first.moment.median, second.moment.median)


@crystals
def test_rotation(predictor: Predictor, crystal: Structure) -> None:
    turned = crystal.copy()
    turned.apply_operation(SymmOp.from_axis_angle_and_translation([1, 2, -0.7], 37.0))
    assert_same(predict(predictor, turned), predict(predictor, crystal))


@crystals
def test_translation(predictor: Predictor, crystal: Structure) -> None:
    moved = crystal.copy()
    moved.translate_sites(range(len(moved)), [0.123, -0.377, 0.911], to_unit_cell=True)
    assert_same(predict(predictor, moved), predict(predictor, crystal))


@crystals
def test_order_of_the_sites(predictor: Predictor, crystal: Structure) -> None:
    order = np.random.default_rng(3).permutation(len(crystal))
    shuffled = Structure.from_sites([crystal[i] for i in order])
    assert_same(predict(predictor, shuffled), predict(predictor, crystal), order)


@crystals
def test_supercell(predictor: Predictor, crystal: Structure) -> None:
    scaling = (2, 3, 1)
    supercell = crystal * scaling
    origin = np.repeat(np.arange(len(crystal)), np.prod(scaling))  # images of a site follow one another
    assert_same(predict(predictor, supercell), predict(predictor, crystal), origin)


@crystals
def test_other_axes_of_the_same_lattice(predictor: Predictor, crystal: Structure) -> None:
    sheared = Structure(
        np.array([[1, 1, 0], [0, 1, 0], [0, -1, 1]]) @ crystal.lattice.matrix,
        crystal.species,
        crystal.cart_coords,
        coords_are_cartesian=True,
    )
    assert_same(predict(predictor, sheared), predict(predictor, crystal))


def test_a_batch_answers_as_each_alone(predictor: Predictor) -> None:
    answers = list(predictor.predict([entry_of(crystal) for crystal in TIED.values()]))
    for answer, crystal in zip(answers, TIED.values(), strict=True):
        assert isinstance(answer, Analysis)
        assert_same(answer, predict(predictor, crystal))


def test_one_atom(predictor: Predictor) -> None:
    primitive = Structure(
        Lattice.cubic(2.8665), ["Fe", "Fe"], [[0, 0, 0], [0.5] * 3]
    ).get_primitive_structure()
    assert len(primitive) == 1
    assert_same(predict(predictor, primitive), predict(predictor, TIED["bcc"]), np.array([0]))


def test_a_thousand_atoms(predictor: Predictor) -> None:
    cell = TIED["rock salt"]
    answer = predict(predictor, cell * (5, 5, 5))
    assert_same(answer, predict(predictor, cell), np.repeat(np.arange(len(cell)), 125))


def test_an_atom_alone_is_embedded_and_flagged(predictor: Predictor) -> None:
    answer = predict(predictor, Structure(Lattice.cubic(20), ["Mn"], [[0.2, 0.3, 0.4]]))
    assert np.isfinite(answer.embeddings).all()
    assert answer.warnings


@crystals
def test_inputs_are_not_touched(predictor: Predictor, crystal: Structure) -> None:
    entry = entry_of(crystal.copy())
    before = copy.deepcopy(entry.structure)
    list(predictor.predict([entry]))
    assert entry.structure == before
    np.testing.assert_array_equal(entry.structure.frac_coords, before.frac_coords)
    np.testing.assert_array_equal(entry.structure.lattice.matrix, before.lattice.matrix)


def test_golden_outputs(info: ModelInfo, predictor: Predictor) -> None:
    path = info.folder / GOLDEN_FILE
    if not path.is_file():
        pytest.skip(f"{info.id} holds no {GOLDEN_FILE}")
    golden = np.load(path)
    examples = {p.name.partition(".")[0]: p for p in example_paths()}
    names = {key.split("/", 1)[1] for key in golden.files}
    assert names
    for name in sorted(names):
        (entry,) = read_structures(examples[name])
        assert isinstance(entry, StructureEntry)
        answer = predict(predictor, entry.structure)
        found = {
            "embeddings": answer.embeddings,
            "moment": answer.moment.median,
            "moment_exp": answer.moment_exp.median,
        }
        for what, values in found.items():
            if f"{what}/{name}" in golden:
                np.testing.assert_allclose(values, golden[f"{what}/{name}"], rtol=0, atol=TOLERANCE)

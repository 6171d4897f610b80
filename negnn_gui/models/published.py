"""The checkpoints that were published with the paper, brought into our format.

Source: doi 10.1088/2632-2153/ad612b. A user's own copy is converted: the files are not part of the program.
The converted model keeps the published graph convention (:data:`PUBLISHED_GRAPH`) and the element table that
it was trained with, so its embeddings are those of the published code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models import registry
from negnn_gui.models.checkpoint import ModelFileError, save_model
from negnn_gui.models.features import MAX_Z, N_FEATURES, N_GROUP_CLASSES, N_PERIOD_CLASSES
from negnn_gui.models.registry import ModelInfo

if TYPE_CHECKING:
    from torch import Tensor

PUBLISHED_GRAPH = GraphSpec(ties="cut", direction="from_centre", padding=True)

_WIDTH = 64
_LAYERS = 5
_N_GAUSSIANS = 41
_MAX_BYTES = 100_000_000  # the published files have 1.8 MB
_LINEAR = ("weight", "bias")
_NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
_NORM_SHAPES: dict[str, tuple[int, ...]] = dict.fromkeys(_NORM, (_WIDTH,)) | {"num_batches_tracked": ()}
_CITATION = "Mach. Learn.: Sci. Technol. 5 (2024) 035018, doi 10.1088/2632-2153/ad612b"

State = dict[str, "Tensor"]


def import_published(file: Path, element_table: Path, name: str) -> ModelInfo:
    """Convert a published checkpoint and install it among the user's models.

    Parameters
    ----------
    file : Path
        ``cgcnn_60k_pred.pth`` or ``cgcnn_60k_contra.pth``, or another checkpoint of the same code and size.
    element_table : Path
        CGCNN's ``atom_init.json``: 92 numbers for each atomic number.
    name : str
        Id of the new model.

    Raises
    ------
    ModelFileError
        A file is not what it should be, or the name is taken or not a name.
    """
    folder = registry.new_folder(name)
    table = read_element_table(element_table)
    config, weights = convert_checkpoint(read_checkpoint(file), table)
    source = {
        "file": file.name,
        "file_sha256": _sha256(file),
        "element_table_sha256": _sha256(element_table),
        "citation": _CITATION,
    }
    config = {"id": name, **config, "source": source}
    try:
        save_model(folder, config, weights, _card(name, config))
    except ValueError as error:
        raise ModelFileError(f"the checkpoint cannot be converted: {error}", file) from error
    except OSError as error:
        raise ModelFileError(f"the model could not be written to {folder.parent} ({error})", file) from error
    return registry.get(name)


def read_element_table(path: Path) -> NDArray[np.float32]:
    """CGCNN's table of element features as (104, 92) float32; elements that it lacks are zero.

    Raises
    ------
    ModelFileError
        The file is not such a table.
    """
    advice = "give CGCNN's atom_init.json"
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelFileError(f"the element table cannot be read ({error}); {advice}", path) from error
    if not isinstance(rows, dict) or not rows:
        raise ModelFileError(f"not a table of element features by atomic number; {advice}", path)
    table = np.zeros((MAX_Z + 1, N_FEATURES), dtype=np.float32)
    for key, row in rows.items():
        if not (key.isascii() and key.isdigit() and 1 <= int(key) <= MAX_Z):
            raise ModelFileError(f"{key!r} is not an atomic number from 1 to {MAX_Z}; {advice}", path)
        if not isinstance(row, list) or len(row) != N_FEATURES or not all(_is_number(x) for x in row):
            raise ModelFileError(f"the row of Z = {key} does not hold {N_FEATURES} numbers; {advice}", path)
        table[int(key)] = row
    return table


def read_checkpoint(path: Path) -> dict[str, Any]:
    """A torch file as a dictionary of tensors and plain values; code in it is never run.

    Raises
    ------
    ModelFileError
        The file cannot be read, is no torch file, or wants to run code.
    """
    import torch

    try:
        size = path.stat().st_size
    except OSError as error:
        raise ModelFileError(f"the file cannot be opened ({error.strerror})", path) from error
    if size > _MAX_BYTES:
        raise ModelFileError("far larger than a published checkpoint (1.8 MB), so not one of them", path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch answers foreign bytes with errors of many kinds
        raise ModelFileError(
            "not a checkpoint of plain weights; give the published .pth file as it was downloaded", path
        ) from error
    if not isinstance(content, dict) or not isinstance(content.get("model_state_dict"), Mapping):
        raise ModelFileError("it holds no “model_state_dict”, so it is not a published checkpoint", path)
    return content


def convert_checkpoint(
    content: Mapping[str, Any], table: NDArray[np.float32]
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Configuration and weights of an encoder from the content of a published checkpoint.

    Raises
    ------
    ModelFileError
        A weight is missing, unknown or of another shape.
    """
    state = dict(content["model_state_dict"])
    contrastive = any(key.startswith("gnn.") for key in state)
    if contrastive:
        # The projection head is only used by the loss of the contrastive task.
        state = {key: value for key, value in state.items() if not key.startswith("projection_head.")}
        foreign = [key for key in state if not key.startswith("gnn.")]
        if foreign:
            raise ModelFileError(f"the checkpoint holds the unknown weight {foreign[0]}")
        state = {key.removeprefix("gnn."): value for key, value in state.items()}
    weights = {f"encoder.{key}": value for key, value in _encoder_weights(state, table).items()}
    heads = None
    if not contrastive and "linear_pred_atoms_state_dict" in content:
        weights.update({f"heads.{key}": value for key, value in _head_weights(content).items()})
        heads = {"width": _WIDTH, "hidden": 0, "element": False}
    config: dict[str, Any] = {
        "kind": "encoder",
        "architecture": {
            "encoder": {"width": _WIDTH, "layers": _LAYERS, "element_vectors": False},
            "heads": heads,
        },
        "graph_spec": PUBLISHED_GRAPH.to_dict(),
        "task": "contrastive" if contrastive else "predictive",
        "elements_without_features": [z for z in range(1, MAX_Z + 1) if not table[z].any()],
    }
    return config, weights


def _encoder_weights(state: State, table: NDArray[np.float32]) -> State:
    import torch

    # The batch norms within the convolutions were never trained nor used.
    unused = {f"convs.{i}.bn.{name}" for i in range(_LAYERS) for name in _NORM}
    state = _checked({key: value for key, value in state.items() if key not in unused}, _encoder_shapes())
    weights = {"element_features": torch.from_numpy(table.copy())}
    for ours, theirs in (("node_embedding", "embedding1"), ("edge_embedding", "embedding2")):
        weights |= {f"{ours}.{name}": state[f"{theirs}.{name}"] for name in _LINEAR}
    for i in range(_LAYERS):
        # Columns of a published layer: the atom that receives, the atom that sends, the edge.
        weight = torch.cat([state[f"convs.{i}.lin_f.weight"], state[f"convs.{i}.lin_s.weight"]])
        bias = torch.cat([state[f"convs.{i}.lin_f.bias"], state[f"convs.{i}.lin_s.bias"]])
        weights[f"convolutions.{i}.at_target.weight"] = weight[:, :_WIDTH]
        weights[f"convolutions.{i}.at_target.bias"] = bias
        weights[f"convolutions.{i}.at_source.weight"] = weight[:, _WIDTH : 2 * _WIDTH]
        weights[f"convolutions.{i}.at_edge.weight"] = weight[:, 2 * _WIDTH :]
        weights |= {f"norms.{i}.{name}": state[f"batch_norm.{i}.{name}"] for name in _NORM}
    return weights


def _head_weights(content: Mapping[str, Any]) -> State:
    """The published heads: of 92 outputs for an atom only those of group and period were trained."""
    linear = "linear_pred_{}_state_dict"
    atoms = _checked(content.get(linear.format("atoms")), _linear_shapes(N_FEATURES))
    edges = _checked(content.get(linear.format("bonds")), _linear_shapes(_N_GAUSSIANS))
    group = slice(0, N_GROUP_CLASSES)
    period = slice(N_GROUP_CLASSES, N_GROUP_CLASSES + N_PERIOD_CLASSES)
    weights = {f"distance.{name}": edges[name] for name in _LINEAR}
    for head, rows in (("group", group), ("period", period)):
        weights |= {f"{head}.{name}": atoms[name][rows] for name in _LINEAR}
    return weights


def _encoder_shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for name, columns in (("embedding1", N_FEATURES), ("embedding2", _N_GAUSSIANS)):
        shapes |= {f"{name}.weight": (_WIDTH, columns), f"{name}.bias": (_WIDTH,)}
    for i in range(_LAYERS):
        for half in ("lin_f", "lin_s"):
            shapes |= {f"convs.{i}.{half}.weight": (_WIDTH, 3 * _WIDTH), f"convs.{i}.{half}.bias": (_WIDTH,)}
        shapes |= {f"batch_norm.{i}.{name}": shape for name, shape in _NORM_SHAPES.items()}
    return shapes


def _linear_shapes(rows: int) -> dict[str, tuple[int, ...]]:
    return {"weight": (rows, _WIDTH), "bias": (rows,)}


def _checked(state: object, shapes: Mapping[str, tuple[int, ...]]) -> State:
    """``state`` itself, if it holds exactly the tensors named in ``shapes``."""
    import torch

    tail = "it is not one of the published checkpoints (cgcnn_60k_pred.pth, cgcnn_60k_contra.pth)"
    if not isinstance(state, Mapping):
        raise ModelFileError(f"a part of the checkpoint is missing; {tail}")
    for key, shape in shapes.items():
        value = state.get(key)
        if not isinstance(value, torch.Tensor):
            raise ModelFileError(f"the checkpoint lacks the weight {key}; {tail}")
        if tuple(value.shape) != shape:
            found = " x ".join(map(str, value.shape)) or "a single number"
            raise ModelFileError(f"the weight {key} has the wrong shape ({found}); {tail}")
    unknown = sorted(set(map(str, state)) - set(shapes))
    if unknown:
        raise ModelFileError(f"the checkpoint holds the unknown weight {unknown[0]}; {tail}")
    return dict(state)


def _card(name: str, config: Mapping[str, Any]) -> str:
    source = config["source"]
    return f"""# {name}

The encoder that was published with the paper below, pretrained by the {config["task"]} task, converted from
`{source["file"]}` (sha256 {source["file_sha256"]}).

* **Architecture**: {_LAYERS} gated convolutions, {_WIDTH} wide. The element features it was trained with are
  stored in the weights (element table sha256 {source["element_table_sha256"]}).
* **Crystal graph**: as in the published code: 12 nearest neighbours within 8 Å by a bare cut, messages from
  the atom to its neighbours, missing neighbours replaced by atom 0 at 9 Å. Where neighbours tie, the choice
  among them depends on the order of the atoms and the orientation of the cell.
* **Training data**: chosen by the authors of the paper; nothing says that it leaves out the formulas that
  other models are tested on.
* **Licence**: that of the authors of the checkpoint.

Cite: {source["citation"]}.
"""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

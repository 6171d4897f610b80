"""Registered property models: a number for every site or structure, with a 90 % interval, or "no data"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from negnn_gui.graphs.batch import collate
from negnn_gui.graphs.build import GraphError, build_graph
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models.checkpoint import load_model
from negnn_gui.models.encoder import CrystalGraphEncoder
from negnn_gui.models.loading import load_encoder_of, load_strictly, strip_prefix
from negnn_gui.models.property_model import Of, PropertyConfig, PropertyModel, embedded
from negnn_gui.models.registry import ModelInfo
from negnn_gui.results import ModelRef
from negnn_gui.structures.entry import StructureEntry

PROPERTY_PREFIX = "model."


@dataclass(frozen=True, eq=False)
class LoadedPropertyModel:
    """A property model with what belongs to it.

    Attributes
    ----------
    target : str
        Name of the column it learned; its numbers are in that column's unit.
    scaling : (float, float)
        Mean and spread of the training labels.
    half_width : float
        Of the 90 % interval, from the val split.
    covered : (104,) bool
        Elements that its training data hold.
    """

    ref: ModelRef
    encoder_ref: ModelRef
    model: PropertyModel
    encoder: CrystalGraphEncoder
    target: str
    scaling: tuple[float, float]
    half_width: float
    covered: NDArray[np.bool_]

    @property
    def of(self) -> Of:
        """Whether its numbers belong to sites or to structures."""
        return self.model.config.of


@dataclass(frozen=True, eq=False)
class PropertyAnswer:
    """What a model says of one structure: (N,) or (1,) numbers, NaN for "no data"; or why it says nothing."""

    entry: StructureEntry
    values: NDArray[np.float64]
    failure: str = ""


def open_property_model(info: ModelInfo) -> LoadedPropertyModel:
    """Load a model folder, which need not be registered, and the encoder it was trained on.

    Raises
    ------
    ModelFileError, UnknownModelError
        A folder is damaged, or the encoder is missing or another one.
    """
    config, weights = load_model(info.folder, "property")
    encoder_info, encoder = load_encoder_of(config, info.folder)
    spec = GraphSpec.from_dict(config["graph_spec"])
    model = PropertyModel(PropertyConfig.from_dict(config["architecture"]), spec, encoder)
    load_strictly(model, strip_prefix(weights, PROPERTY_PREFIX), info.id)
    target = config["target"]
    covered = np.zeros(104, dtype=bool)
    covered[target["elements"]] = True
    return LoadedPropertyModel(
        ref=info.ref,
        encoder_ref=encoder_info.ref,
        model=model.eval().requires_grad_(False),
        encoder=encoder,
        target=target["name"],
        scaling=(float(target["mean"]), float(target["scale"])),
        half_width=float(target["half_width"]),
        covered=covered,
    )


def predict_entries(
    loaded: LoadedPropertyModel, entries: Iterable[StructureEntry]
) -> Iterator[PropertyAnswer]:
    """Answers in the order of the structures, one after the other.

    "No data" (NaN) stands at a site of an element that the training data do not hold, and for a whole structure that
    contains one.
    """
    mean, scale = loaded.scaling
    for entry in entries:
        try:
            graph = build_graph(entry.structure, loaded.encoder.spec)
            loaded.encoder.check_elements(graph.atomic_numbers)
        except GraphError as error:
            yield PropertyAnswer(entry, np.empty(0), str(error))
            continue
        batch = collate([graph])
        with torch.inference_mode():
            said = loaded.model(batch, embedded(loaded.model, loaded.encoder, batch)).double().numpy()
        known = loaded.covered[graph.atomic_numbers]
        values = said * scale + mean
        values[~known if loaded.of == "site" else np.array([not known.all()])] = np.nan
        yield PropertyAnswer(entry, values)

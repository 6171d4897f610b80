"""Structures -> analyses, on one device, in batches, surviving an exhausted memory."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from negnn_gui.graphs.batch import GraphBatch, collate
from negnn_gui.graphs.build import GraphError
from negnn_gui.graphs.crystal_graph import CrystalGraph
from negnn_gui.inference.answers import analyses_of_batch
from negnn_gui.inference.devices import choose_device, is_out_of_memory
from negnn_gui.inference.domain import LEVEL as DOMAIN_LEVEL
from negnn_gui.inference.entry_graphs import entry_graph
from negnn_gui.inference.moment_models import LoadedMomentModel, load_moment_model
from negnn_gui.models import registry
from negnn_gui.models.encoder import CrystalGraphEncoder
from negnn_gui.models.loading import load_encoder
from negnn_gui.results import Analysis, ModelRef
from negnn_gui.structures.entry import StructureEntry

log = logging.getLogger(__name__)

_BATCH_ATOMS = 4000

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]
Notify = Callable[[str], None]


@dataclass(frozen=True)
class PredictionFailure:
    """A structure that could not be predicted, and why, in one sentence."""

    entry_id: str
    reason: str


class Predictor:
    """An encoder and, unless only embeddings are wanted, a moment model on a device.

    Attributes
    ----------
    encoder, model : ModelRef
        ``model`` is None where only embeddings are computed.
    device : str
        Such as "cuda:0"; "cpu" after a fall-back.
    """

    def __init__(
        self,
        encoder: CrystalGraphEncoder,
        encoder_ref: ModelRef,
        moment: LoadedMomentModel | None,
        device: torch.device,
        batch_atoms: int = _BATCH_ATOMS,
    ) -> None:
        self._network = encoder
        self._moment = moment
        self._device = device
        self.batch_atoms = batch_atoms
        self.encoder = encoder_ref
        self.model = moment.ref if moment is not None else None
        self._place(device)

    @classmethod
    def load(
        cls,
        model_id: str | None = None,
        *,
        encoder_id: str | None = None,
        device: str = "auto",
        threads: int = 1,
    ) -> Predictor:
        """Load a moment model (the default one if neither id is given), or an encoder alone.

        ``threads`` is for the CPU; more than one pays only on an otherwise idle machine.

        Raises
        ------
        ModelFileError, UnknownModelError
            See :mod:`negnn_gui.models.registry`.
        DeviceError
            The device does not exist.
        """
        chosen = choose_device(device)
        if chosen.type == "cpu":
            torch.set_num_threads(threads)
        try:
            return cls._loaded(model_id, encoder_id, chosen)
        except (RuntimeError, MemoryError) as error:
            if chosen.type == "cpu" or not is_out_of_memory(error):
                raise
            log.warning("no room for the models on %s, using the CPU", chosen)
            return cls._loaded(model_id, encoder_id, torch.device("cpu"))

    @classmethod
    def _loaded(cls, model_id: str | None, encoder_id: str | None, device: torch.device) -> Predictor:
        if encoder_id is not None and model_id is None:
            info = registry.get(encoder_id)
            return cls(load_encoder(info), ModelRef(info.id, info.sha256), None, device)
        moment = load_moment_model(model_id or registry.default_id("moment"))
        encoder = moment.model.encoder
        assert encoder is not None
        return cls(encoder, moment.encoder_ref, moment, device)

    @property
    def device(self) -> str:
        """Name of the device in use."""
        return str(self._device)

    def predict(
        self,
        entries: Sequence[StructureEntry],
        *,
        highest_level: int | None = None,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
        notify: Notify | None = None,
    ) -> Iterator[Analysis | PredictionFailure]:
        """Analyses in the order of ``entries``; stops early when ``cancelled()`` says so.

        Embeddings hold all levels, or those up to ``highest_level`` (more where the moment model reads more).
        ``progress(done, total)`` is called after each batch and ``notify(sentence)`` when memory ran out and
        something had to give way.
        """
        stop = cancelled or (lambda: False)
        tell = notify or log.warning
        levels = self._levels_for(highest_level)
        done = 0
        for group in self._groups(entries, stop):
            ready = [(entry, graph) for entry, graph in group if isinstance(graph, CrystalGraph)]
            answers = dict(zip((e.id for e, _ in ready), self._run(ready, levels, tell), strict=True))
            for entry, graph in group:
                if stop():
                    return
                yield answers[entry.id] if entry.id in answers else PredictionFailure(entry.id, str(graph))
            done += len(group)
            if progress is not None:
                progress(done, len(entries))

    def _groups(
        self, entries: Sequence[StructureEntry], stop: Cancelled
    ) -> Iterator[list[tuple[StructureEntry, CrystalGraph | str]]]:
        """Entries with their graphs (or the reason why there is none), up to a batch of atoms at a time."""
        group: list[tuple[StructureEntry, CrystalGraph | str]] = []
        atoms = 0
        for entry in entries:
            if stop():
                return
            if group and atoms + entry.n_sites > self.batch_atoms:
                yield group
                group, atoms = [], 0
            try:
                graph = entry_graph(entry, self._network.spec)
                self._network.check_elements(graph.atomic_numbers)
                group.append((entry, graph))
            except GraphError as error:
                group.append((entry, str(error)))
            atoms += entry.n_sites
        if group:
            yield group

    def _run(
        self, ready: list[tuple[StructureEntry, CrystalGraph]], levels: int | None, tell: Notify
    ) -> list[Analysis | PredictionFailure]:
        """Predict a batch; where memory runs out, in halves, then on the CPU."""
        if not ready:
            return []
        try:
            return list(self._compute(ready, levels))
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        # outside the handler, so that the failed attempt's tensors are freed before the next one
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        if len(ready) > 1:
            middle = len(ready) // 2
            largest = max(graph.n_atoms for _, graph in ready)
            self.batch_atoms = max(self.batch_atoms // 2, largest)
            tell(f"Memory ran out on {self.device}: going on with batches half as large.")
            return self._run(ready[:middle], levels, tell) + self._run(ready[middle:], levels, tell)
        if self._device.type != "cpu":
            tell(f"Memory ran out on {self.device}: going on with the CPU.")
            self._place(torch.device("cpu"))
            return self._run(ready, levels, tell)
        entry = ready[0][0]
        return [PredictionFailure(entry.id, f"there is not enough memory for its {entry.n_sites} atoms")]

    def _levels_for(self, highest: int | None) -> int | None:
        """Up to which level the encoder has to run for what was asked for and for the moment model."""
        if highest is None or self._moment is None:
            return highest
        of_domain = 0 if self._moment.domain is None else DOMAIN_LEVEL
        return max(highest, self._moment.model.nodes.highest_level, of_domain)

    def _compute(
        self, ready: list[tuple[StructureEntry, CrystalGraph]], levels: int | None
    ) -> Iterator[Analysis]:
        batch = collate([graph for _, graph in ready]).to(self._device)
        with torch.inference_mode():
            embeddings, quantiles = self._forward(batch, levels)
            score = None
            if self._moment is not None and self._moment.domain is not None:
                score = self._moment.domain.score(embeddings).numpy().astype(np.float64)
        yield from analyses_of_batch(
            ready,
            embeddings.float().cpu().numpy(),
            {name: values.double().cpu().numpy() for name, values in quantiles.items()},
            score,
            self._moment,
            self.encoder,
            self.device,
        )

    def _forward(self, batch: GraphBatch, levels: int | None) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        embeddings = self._network(batch, up_to=levels)
        if self._moment is None:
            return embeddings, {}
        return embeddings, self._moment.model(batch, embeddings)

    def _place(self, device: torch.device) -> None:
        self._device = device
        self._network.to(device)
        if self._moment is not None:
            self._moment.model.to(device)

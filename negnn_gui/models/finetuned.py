"""A backbone that begins as the pretrained encoder: its layers go on learning, now from moments.

The frozen embedding tells a network what self-supervision found; going on from the layers that found it saves a
supervised run from learning bonds anew. As in :mod:`negnn_gui.models.context` every layer also hears the crystal.
"""

from __future__ import annotations

import torch
from torch import Tensor

from negnn_gui.models.context import ContextBackbone
from negnn_gui.models.convolution import GatedConv
from negnn_gui.models.encoder import CrystalGraphEncoder
from negnn_gui.models.nodes import NodeInput


class FineTunedBackbone(ContextBackbone):
    """The flagship's backbone with the encoder's update of the vectors, and a start from its weights."""

    def update(self, vectors: Tensor, messages: Tensor) -> Tensor:
        """The encoder's residual stream."""
        return vectors + messages

    def begin_as(self, encoder: CrystalGraphEncoder, nodes: NodeInput) -> None:
        """Take over an encoder's layers; the first vectors are its level 0.

        Raises
        ------
        ValueError
            The encoder has another width, fewer layers or another stream, or ``nodes`` leave out level 0.
        """
        width, count = self.input.out_features, len(self.convolutions)
        if encoder.config.width != width or encoder.config.layers < count:
            raise ValueError(
                f"the encoder has {encoder.config.layers} layers of width {encoder.config.width}"
            )
        if encoder.config.stream != "residual" or 0 not in nodes.levels:
            raise ValueError("fine-tuning needs an encoder with a residual stream, and level 0 at the nodes")
        with torch.no_grad():
            begin = width * nodes.levels.index(0)
            self.input.weight.zero_()
            self.input.weight[:, begin : begin + width] = torch.eye(width)
            self.input.bias.zero_()
            edges = encoder.edge_embedding
            for own, theirs in zip(self.convolutions, encoder.convolutions, strict=False):
                assert isinstance(own, GatedConv) and isinstance(theirs, GatedConv)
                own.at_source.load_state_dict(theirs.at_source.state_dict())
                own.at_target.load_state_dict(theirs.at_target.state_dict())
                own.at_target.bias.add_(theirs.at_edge.weight @ edges.bias)
                own.at_edge.weight.copy_(theirs.at_edge.weight @ edges.weight)
            for norm, known in zip(self.norms, encoder.norms, strict=False):
                norm.load_state_dict(known.state_dict())

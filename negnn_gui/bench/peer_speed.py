"""Structures a second beside CHGNet, on the same structures in the same run, one thread each."""

from __future__ import annotations

import time

import numpy as np

from negnn_gui.bench.benchmark import Benchmark, LeftOut, Settings, load_predictor, one_thread
from negnn_gui.bench.crystals import perturbed_examples
from negnn_gui.bench.figures import Figure, Measured
from negnn_gui.training.peers import PeerError, chgnet_moments, peer_python

_TARGET = 8.0


def measure_peer_speed(settings: Settings) -> Measured:
    """Graph and models of ours over graph and model of CHGNet, structures of about 30 atoms, no parsing.

    Ours embeds at all levels, predicts both moments and scores the domain; CHGNet predicts energy and moments in
    batches of 16, without forces. Rates are per second of the processor, so that other work on the machine does not
    count.
    """
    try:
        python = peer_python("chgnet")
    except PeerError as error:
        raise LeftOut(str(error)) from error
    entries = perturbed_examples(5 if settings.quick else 100)
    sizes = [entry.n_sites for entry in entries]
    with one_thread():
        predictor = load_predictor(settings)
        list(predictor.predict(entries[:2]))
        times = []
        for _ in range(min(settings.repeats, 3)):
            begin = time.process_time()
            list(predictor.predict(entries))
            times.append(time.process_time() - begin)
    ours = len(entries) / float(np.median(times))
    try:
        theirs = chgnet_moments(
            python,
            np.array([entry.structure.lattice.matrix for entry in entries]),
            np.cumsum([0, *sizes]),
            np.concatenate([entry.structure.atomic_numbers for entry in entries]),
            np.concatenate([entry.structure.frac_coords for entry in entries]),
        )
    except PeerError as error:
        raise LeftOut(str(error)) from error
    if not theirs.predicted.all():
        raise LeftOut(f"{theirs.program} could not predict one of them: {max(theirs.reasons)}")
    peer = len(entries) / theirs.cpu_s
    return Measured(
        (
            Figure("over_chgnet", ours / peer, "", target=_TARGET, best="high"),
            Figure("ours", ours, "/s", best="high"),
            Figure("chgnet", peer, "/s", best="high"),
        ),
        {
            "threads": 1,
            "structures": len(entries),
            "atoms_per_structure": round(float(np.mean(sizes)), 1),
            "model": predictor.model.id if predictor.model is not None else "",
            "peer": f"{theirs.program}, model {theirs.model}",
        },
    )


PEER_SPEED = Benchmark("peer_speed", "Structures a second beside CHGNet", measure_peer_speed)

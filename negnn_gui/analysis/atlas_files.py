"""The files of an atlas: written once, checked when read.

A folder with ``atlas.json`` (format version, name, encoder, counts, sha256 of the other files), ``vectors.npy``
(six levels as int8, memory-mapped), ``sites.npz`` (what is known of each site, the int8 scales, the fitted
projections and learned metrics) and, where it was measured, a card in ``README.md``. Text columns are stored as a
list of distinct values and a code per site, so that 30,000 sites need well under a megabyte beside the vectors, and
nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from negnn_gui.analysis.linear_metric import LinearMetric
from negnn_gui.analysis.projection import LinearProjection
from negnn_gui.results import Float32Array, FloatArray, ModelRef

FORMAT = 1
_INDEX, _VECTORS, _SITES = "atlas.json", "vectors.npy", "sites.npz"
_TEXT_COLUMNS = ("element", "formula", "source_id", "motif")
_NUMBER_COLUMNS = ("moment_dft", "moment_exp")
_CARD = "README.md"


class AtlasError(Exception):
    """An atlas cannot be used; the message is one sentence saying why and what to do."""


@dataclass(frozen=True, eq=False)
class AtlasSites:
    """What is known of each of N atlas sites; "" and NaN mean not known.

    Attributes
    ----------
    element, formula, source_id, motif : (N,) array of str
        Symbol, reduced formula, where the site comes from (such as a Materials Project id or a DOI), and
        coordination motif (such as "octahedral").
    moment_dft, moment_exp : (N,) float
        Known abs(m), μB: calculated, and measured by neutron diffraction.
    weight : (N,) float, optional
        How many sites of the collection it was sampled from each stands for; all alike where not given.
    """

    element: NDArray[np.object_]
    formula: NDArray[np.object_]
    source_id: NDArray[np.object_]
    motif: NDArray[np.object_]
    moment_dft: FloatArray
    moment_exp: FloatArray
    weight: FloatArray | None = None

    def __post_init__(self) -> None:
        columns = [getattr(self, name) for name in (*_TEXT_COLUMNS, *_NUMBER_COLUMNS, "weight")]
        lengths = {len(column) for column in columns if column is not None}
        if len(lengths) > 1:
            raise ValueError(f"the columns of an atlas have different lengths: {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.element)


@dataclass(frozen=True, eq=False)
class AtlasContent:
    """An atlas as it lies on disk, checked.

    Attributes
    ----------
    encoder : ModelRef
        Encoder that computed the vectors.
    sites : AtlasSites
        N sites.
    quantised : (levels, N, D) int8
        Vectors are ``centre + quantised * scale``.
    centre, scale : (levels, D) float32
        Per dimension.
    projections : dict of str to LinearProjection
        Fitted principal components by level choice, such as "01".
    coordinates : dict of str to (N, 2) float32
        Places on maps that cannot be computed from the vectors, by a name such as "tsne:01".
    attribution : str
        Sources and licences of what is known of the sites.
    metrics : dict of str to LinearMetric
        Distances learned from known sites, by name.
    name, version : str
        What users call it, and which edition of it this is.
    """

    encoder: ModelRef
    sites: AtlasSites
    quantised: NDArray[np.int8]
    centre: Float32Array
    scale: Float32Array
    projections: dict[str, LinearProjection] = field(default_factory=dict)
    coordinates: dict[str, Float32Array] = field(default_factory=dict)
    attribution: str = ""
    metrics: dict[str, LinearMetric] = field(default_factory=dict)
    name: str = ""
    version: str = ""


@dataclass(frozen=True)
class AtlasHeading:
    """What the index of an atlas says: its name, edition, encoder, and number of sites."""

    name: str
    version: str
    encoder: ModelRef
    sites: int


def read_heading(folder: Path) -> AtlasHeading:
    """The index alone, without reading or checking the other files.

    Raises
    ------
    AtlasError
        It is missing, damaged, or written by a newer version of the program.
    """
    index = _read_index(folder)
    try:
        encoder = ModelRef(str(index["encoder"]["id"]), str(index["encoder"]["sha256"]))
        name, version = str(index.get("name", folder.name)), str(index.get("version", "1"))
        return AtlasHeading(name, version, encoder, int(index["sites"]))
    except (KeyError, TypeError, ValueError) as error:
        raise AtlasError(
            f"the atlas in {folder} cannot be read ({error}); install or build it again"
        ) from error


def quantise(embeddings: Float32Array) -> tuple[NDArray[np.int8], Float32Array, Float32Array]:
    """Turn (levels, N, D) vectors into int8 with a centre and a scale per dimension.

    Returns
    -------
    quantised (levels, N, D) int8, centre (levels, D) float32, scale (levels, D) float32
        The error of ``centre + quantised * scale`` is at most half a scale.

    Raises
    ------
    ValueError
        The array is not three-dimensional, holds no site, or is not finite.
    """
    if embeddings.ndim != 3 or not embeddings.shape[1] or not np.isfinite(embeddings).all():
        raise ValueError(f"an atlas needs finite (levels, N, D) vectors with N > 0, not {embeddings.shape}")
    low, high = embeddings.min(axis=1), embeddings.max(axis=1)
    centre = (0.5 * (low.astype(np.float64) + high)).astype(np.float32)
    scale = ((high.astype(np.float64) - low) / 254).astype(np.float32)
    scale[scale == 0] = 1.0
    steps = np.rint((embeddings - centre[:, None]) / scale[:, None])
    return np.clip(steps, -127, 127).astype(np.int8), centre, scale


def write_atlas(
    folder: Path,
    *,
    encoder: ModelRef,
    sites: AtlasSites,
    embeddings: Float32Array,
    projections: Mapping[str, LinearProjection] | None = None,
    coordinates: Mapping[str, FloatArray] | None = None,
    attribution: str = "",
    metrics: Mapping[str, LinearMetric] | None = None,
    name: str = "",
    version: str = "1",
    card: str = "",
) -> None:
    """Write an atlas into ``folder`` (made if missing; files of an older atlas there are replaced).

    Parameters
    ----------
    embeddings : (levels, N, D) float32
        Vectors of the N ``sites`` at every level of ``encoder``.
    projections : mapping of str to LinearProjection, optional
        By level choice, such as "01".
    coordinates : mapping of str to (N, 2), optional
        Places on other fitted maps, by a name such as "tsne:01"; stored in half precision.
    metrics : mapping of str to LinearMetric, optional
        By name, such as "moments".
    card : str
        Text of a README.md that goes with it.

    Raises
    ------
    ValueError
        The numbers of sites differ.
    """
    projections, coordinates = projections or {}, coordinates or {}
    if embeddings.ndim != 3 or embeddings.shape[1] != len(sites):
        raise ValueError(f"{len(sites)} sites but vectors of shape {embeddings.shape}")
    if any(np.shape(places) != (len(sites), 2) for places in coordinates.values()):
        raise ValueError(f"coordinates must be ({len(sites)}, 2)")
    quantised, centre, scale = quantise(embeddings)
    arrays: dict[str, NDArray[Any]] = {"centre": centre, "scale": scale}
    for column in _TEXT_COLUMNS:
        arrays[f"{column}_codes"], arrays[f"{column}_values"] = _encode_text(getattr(sites, column))
    for column in _NUMBER_COLUMNS:
        arrays[column] = np.asarray(getattr(sites, column), dtype=np.float32)
    if sites.weight is not None:
        arrays["weight"] = np.asarray(sites.weight, dtype=np.float32)
    for metric_name, metric in (metrics or {}).items():
        arrays |= metric.arrays(metric_name)
    for choice, fitted in projections.items():
        arrays[f"projection:{choice}"] = np.column_stack([fitted.mean, fitted.axes]).astype(np.float32)
        arrays[f"plane:{choice}"] = np.vstack([fitted.variance, fitted.rotation])
    for map_name, places in coordinates.items():
        arrays[f"coordinates:{map_name}"] = np.asarray(places, dtype=np.float16)
    folder.mkdir(parents=True, exist_ok=True)
    # Written beside and moved into place: a running program may have the old vectors mapped.
    parts = {file: folder / f".{file}.part" for file in (_VECTORS, _SITES)}
    with parts[_VECTORS].open("wb") as stream:
        np.save(stream, quantised, allow_pickle=False)
    with parts[_SITES].open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **arrays)
    for file, part in parts.items():
        part.replace(folder / file)
    if card:
        (folder / _CARD).write_text(card, encoding="utf-8")
    else:
        (folder / _CARD).unlink(missing_ok=True)
    index = {
        "format": FORMAT,
        "name": name or folder.name,
        "version": version,
        "encoder": {"id": encoder.id, "sha256": encoder.sha256},
        "sites": len(sites),
        "attribution": attribution,
        "sha256": {file: _sha256(folder / file) for file in (_VECTORS, _SITES)},
    }
    (folder / _INDEX).write_text(json.dumps(index, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_atlas(folder: Path) -> AtlasContent:
    """Read and check an atlas; the vectors stay on disk, memory-mapped.

    Raises
    ------
    AtlasError
        It is missing, damaged, or written by a newer version of the program.
    """
    index = _read_index(folder)
    try:
        for name in (_VECTORS, _SITES):
            if _sha256(folder / name) != index["sha256"][name]:
                raise AtlasError(
                    f"the atlas in {folder} is damaged: {name} differs from what atlas.json says; "
                    "install or build it again"
                )
        encoder = ModelRef(str(index["encoder"]["id"]), str(index["encoder"]["sha256"]))
        quantised = np.load(folder / _VECTORS, mmap_mode="r", allow_pickle=False)
        with np.load(folder / _SITES, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        sites = _sites(arrays)
        content = AtlasContent(
            encoder,
            sites,
            quantised,
            arrays["centre"],
            arrays["scale"],
            _projections(arrays),
            _coordinates(arrays),
            str(index.get("attribution", "")),
            LinearMetric.all_of(arrays),
            str(index.get("name", folder.name)),
            str(index.get("version", "1")),
        )
    except (OSError, KeyError, TypeError, ValueError, IndexError, EOFError, BadZipFile, zlib.error) as error:
        raise AtlasError(
            f"the atlas in {folder} cannot be read ({error}); install or build it again"
        ) from error
    if not _consistent(content):
        raise AtlasError(f"the atlas in {folder} contradicts itself; install or build it again")
    return content


def _consistent(content: AtlasContent) -> bool:
    stored, n_sites = content.quantised, len(content.sites)
    if stored.dtype != np.int8 or stored.ndim != 3 or not 0 < stored.shape[1] == n_sites:
        return False
    per_dimension = (stored.shape[0], stored.shape[2])
    places = content.coordinates.values()
    return content.centre.shape == content.scale.shape == per_dimension and all(
        place.shape == (n_sites, 2) for place in places
    )


def _read_index(folder: Path) -> dict[str, Any]:
    path = folder / _INDEX
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        version = int(index["format"])
    except FileNotFoundError as error:
        raise AtlasError(f"there is no atlas in {folder} (no {_INDEX})") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AtlasError(f"{path} cannot be read ({error}); install or build the atlas again") from error
    if version > FORMAT:
        raise AtlasError(
            f"the atlas in {folder} was written by a newer version of the program (format {version}, "
            f"this one reads {FORMAT}): update the program or build the atlas again"
        )
    if version < 1:
        raise AtlasError(f"the atlas in {folder} has the unknown format {version}; build it again")
    assert isinstance(index, dict)
    return index


def _projections(arrays: Mapping[str, NDArray[Any]]) -> dict[str, LinearProjection]:
    found = {}
    for name, stored in arrays.items():
        if name.startswith("projection:"):
            choice = name.partition(":")[2]
            plane = arrays[f"plane:{choice}"].astype(np.float64)
            basis = stored.astype(np.float64)
            found[choice] = LinearProjection(basis[:, 0], basis[:, 1:], plane[0], plane[1:])
    return found


def _sites(arrays: Mapping[str, NDArray[Any]]) -> AtlasSites:
    element, formula, source_id, motif = (
        _decode_text(arrays[f"{name}_codes"], arrays[f"{name}_values"]) for name in _TEXT_COLUMNS
    )
    moment_dft, moment_exp = (arrays[name].astype(np.float64) for name in _NUMBER_COLUMNS)
    weight = arrays["weight"].astype(np.float64) if "weight" in arrays else None
    return AtlasSites(element, formula, source_id, motif, moment_dft, moment_exp, weight)


def read_card(folder: Path) -> str:
    """Text of the README.md of an atlas; "" where it has none."""
    try:
        return (folder / _CARD).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _coordinates(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Float32Array]:
    prefix = "coordinates:"
    return {
        name.removeprefix(prefix): places.astype(np.float32)
        for name, places in arrays.items()
        if name.startswith(prefix)
    }


def _encode_text(values: Sequence[str] | NDArray[np.object_]) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    codes: dict[str, int] = {}
    column = [codes.setdefault(str(value).replace("\n", " "), len(codes)) for value in values]
    joined = "\n".join(codes).encode("utf-8")
    return np.array(column, dtype=np.int32), np.frombuffer(joined, dtype=np.uint8)


def _decode_text(codes: NDArray[np.int32], values: NDArray[np.uint8]) -> NDArray[np.object_]:
    distinct = np.array(values.tobytes().decode("utf-8").split("\n"), dtype=object)
    return distinct[codes]


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

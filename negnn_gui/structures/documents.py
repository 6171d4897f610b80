"""pymatgen's JSON and YAML documents; nothing in them can name code to run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from pymatgen.core import Structure

from negnn_gui.structures.parsed import ParsedFrame, ParseError

_DEEPEST = 8

YAML_LIMIT = 2 * 1024**2
"""Most characters of a YAML text: its parser needs ten seconds for as much."""


def parse_json(text: str) -> Iterator[ParsedFrame | ParseError]:
    """Every structure of a JSON text: one, a list, or wrapped in the documents that databases hand out."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        yield ParseError(f"line {error.lineno}: the JSON is broken ({error.msg}); the file may be cut short")
        return
    except (RecursionError, ValueError):
        yield ParseError("the JSON is nested too deep or holds impossible numbers; it is no structure")
        return
    yield from _frames(document, "JSON")


def parse_yaml(text: str) -> Iterator[ParsedFrame | ParseError]:
    """Every structure of a YAML text."""
    if len(text) > YAML_LIMIT:
        yield ParseError("YAML of more than 2 MB takes too long to read; save the structure as JSON or CIF")
        return
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        # The safe loader knows plain data only and builds no Python objects.
        document = YAML(typ="safe", pure=False).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line = f"line {mark.line + 1}: " if mark is not None else ""
        yield ParseError(
            f"{line}the YAML is broken ({error.problem or 'bad syntax'}); the file may be cut short"
        )
        return
    except (YAMLError, RecursionError, ValueError):
        yield ParseError("the YAML is nested too deep or broken; it is no structure")
        return
    yield from _frames(document, "YAML")


def _frames(document: Any, kind: str) -> Iterator[ParsedFrame | ParseError]:
    found = False
    for description in _structures(document, 0):
        found = True
        try:
            yield _frame(description)
        except ParseError as error:
            yield error
    if not found:
        yield ParseError(f"this {kind} holds no pymatgen structure (no lattice and sites); export it again")


def _structures(node: Any, depth: int) -> Iterator[dict[str, Any]]:
    """Dictionaries with a lattice and sites, wherever they stand."""
    if depth > _DEEPEST:
        return
    if isinstance(node, dict):
        if "lattice" in node and "sites" in node:
            yield node
            return
        for value in node.values():
            yield from _structures(value, depth + 1)
    elif isinstance(node, list):
        for value in node:
            # Long lists of numbers are not worth a look at every entry.
            if isinstance(value, dict | list):
                yield from _structures(value, depth + 1)


def _frame(description: dict[str, Any]) -> ParsedFrame:
    sites = description["sites"]
    if not isinstance(sites, list) or not sites:
        raise ParseError("the structure has 0 atoms; a crystal needs at least one")
    try:
        # Site properties could name classes for monty to import, so only plain numbers are taken from them.
        bare = [{key: value for key, value in site.items() if key != "properties"} for site in sites]
        structure = Structure.from_dict({"lattice": description["lattice"], "sites": bare})
    except Exception as error:
        raise ParseError(
            f"the structure in it is incomplete or damaged{_detail(error)}; export it again"
        ) from error
    frame = ParsedFrame.from_structure(structure)
    if all(isinstance(site.get("label"), str) for site in sites):
        labels = [site["label"] for site in sites]
        symbols = [site.species_string for site in structure]
        # pymatgen fills in the species where a site has no label of its own.
        frame.labels = None if labels == symbols else labels
    _take_moments(frame, sites, structure)
    return frame


def _detail(error: Exception) -> str:
    """What pymatgen missed, where it says so in terms of the file."""
    return f" ({error} is missing)" if isinstance(error, KeyError) else ""


def _take_moments(frame: ParsedFrame, sites: list[dict[str, Any]], structure: Structure) -> None:
    """Moments from the site property "magmom", else from the spin of the species."""
    raw = [(site.get("properties") or {}).get("magmom") for site in sites]
    if all(value is None for value in raw):
        raw = [next((getattr(kind, "spin", None) for kind in site.species), None) for site in structure]
    vectors = np.full((len(sites), 3), np.nan)
    scalars = np.full(len(sites), np.nan)
    for index, value in enumerate(raw):
        # Non-collinear moments are written as a list, or as {"moment": [x, y, z], "saxis": ...}.
        moment = value.get("moment") if isinstance(value, dict) else value
        if isinstance(moment, int | float):
            scalars[index] = moment
        elif (
            isinstance(moment, list)
            and len(moment) == 3
            and all(isinstance(part, int | float) for part in moment)
        ):
            vectors[index] = moment
    if np.isfinite(vectors).any():
        frame.moment_vectors = vectors
    elif np.isfinite(scalars).any():
        frame.moments = scalars

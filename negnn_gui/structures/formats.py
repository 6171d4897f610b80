"""Which format a file has: by what it says first, by its name second."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import PurePath


class Format(Enum):
    """The formats that can be read; the value is the name shown to the user."""

    CIF = "CIF"
    POSCAR = "POSCAR"
    VASPRUN = "vasprun.xml"
    XSF = "XSF"
    CSSR = "CSSR"
    JSON = "pymatgen JSON"
    YAML = "pymatgen YAML"
    EXTXYZ = "extended XYZ"
    PDB = "PDB"
    QE_IN = "Quantum ESPRESSO input"
    QE_OUT = "Quantum ESPRESSO output"


SUPPORTED = (
    "CIF, mCIF, POSCAR, CHGCAR, vasprun.xml, XSF, CSSR, pymatgen JSON or YAML, extxyz, PDB, Quantum ESPRESSO"
)

_BY_EXTENSION = {
    ".cif": Format.CIF,
    ".mcif": Format.CIF,
    ".vasp": Format.POSCAR,
    ".poscar": Format.POSCAR,
    ".contcar": Format.POSCAR,
    ".chgcar": Format.POSCAR,
    ".xsf": Format.XSF,
    ".cssr": Format.CSSR,
    ".extxyz": Format.EXTXYZ,
    ".xyz": Format.EXTXYZ,
    ".pdb": Format.PDB,
    ".pwi": Format.QE_IN,
    ".pwo": Format.QE_OUT,
}
# These extensions mean many things, so in folders the content decides.
_AMBIGUOUS = {
    ".json": Format.JSON,
    ".yaml": Format.YAML,
    ".yml": Format.YAML,
    ".in": Format.QE_IN,
    ".out": Format.QE_OUT,
    ".xml": Format.VASPRUN,
}
_VASP_NAME = re.compile(r"^(POSCAR|CONTCAR|CHGCAR|AECCAR\d|LOCPOT)([._-].*)?$", re.IGNORECASE)
_VASP_NAME_END = re.compile(r"[._-](POSCAR|CONTCAR|CHGCAR)$", re.IGNORECASE)

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[EeDd][-+]?\d+)?"
_THREE_NUMBERS = re.compile(rf"^\s*{_NUMBER}\s+{_NUMBER}\s+{_NUMBER}(\s|$)")
_SIGNS: tuple[tuple[Format, re.Pattern[str]], ...] = (
    (Format.CIF, re.compile(r"^\s*(data_\S*\s*$|_cell[_.]length_a\b|loop_\s*$|_atom_site[_.])", re.M | re.I)),
    (Format.VASPRUN, re.compile(r"\A\s*(<\?xml[^>]*>\s*)?<modeling>", re.I)),
    (Format.JSON, re.compile(r"\A\s*[{\[]")),
    (Format.QE_OUT, re.compile(r"^\s*Program PWSCF", re.M)),
    (Format.QE_IN, re.compile(r"^\s*&(control|system)\b", re.M | re.I)),
    (Format.PDB, re.compile(r"^(CRYST1 |ATOM  |HETATM)", re.M)),
    (Format.XSF, re.compile(r"^\s*(CRYSTAL|PRIMVEC|CONVVEC|ANIMSTEPS\s+\d+)\s*$", re.M)),
    (Format.CSSR, re.compile(rf"\A\s*({_NUMBER}\s+){{2}}{_NUMBER}\s*\n\s*({_NUMBER}\s+){{3}}SPGR", re.I)),
    (Format.YAML, re.compile(r"^(lattice|'@module'|\"@module\"|@module):", re.M)),
)


def by_name(name: str) -> Format | None:
    """The format that a file name promises, ".gz" aside; None for names that promise nothing."""
    plain = without_gz(name)
    extension = PurePath(plain).suffix.lower()
    if extension in _BY_EXTENSION:
        return _BY_EXTENSION[extension]
    if _VASP_NAME.match(plain) or _VASP_NAME_END.search(plain):
        return Format.POSCAR
    return _AMBIGUOUS.get(extension)


def is_ambiguous(name: str) -> bool:
    """Whether the name's extension is used for much else (``.json``, ``.out``, ...)."""
    extension = PurePath(without_gz(name)).suffix.lower()
    return extension in _AMBIGUOUS and not _VASP_NAME.match(without_gz(name))


def by_content(head: str) -> Format | None:
    """The format that the first lines of a file show without doubt; None where they do not.

    Parameters
    ----------
    head : str
        The first few kilobytes, or the whole text.
    """
    if _looks_like_xyz(head):
        return Format.EXTXYZ
    for found, sign in _SIGNS:
        if sign.search(head):
            return found
    return Format.POSCAR if _looks_like_poscar(head) else None


def agrees(promised: Format, head: str) -> bool:
    """Whether a text could have the format that its name promises, though it looks like another one too."""
    if promised is Format.POSCAR:
        return _looks_like_poscar(head)
    return any(sign.search(head) for found, sign in _SIGNS if found is promised)


def holds_structure(head: str) -> bool:
    """Whether a file with an ambiguous extension seems to hold a structure rather than other data."""
    found = by_content(head)
    if found is Format.JSON:
        return '"lattice"' in head or '"sites"' in head or "pymatgen" in head[:400]
    return found is not None


def stem(name: str) -> str:
    """File stem as shown in tables: "NiO" for NiO.cif and NiO.cif.gz, "POSCAR.NiO" for POSCAR.NiO."""
    plain = without_gz(name)
    path = PurePath(plain)
    extension = path.suffix.lower()
    if _VASP_NAME.match(plain) and extension not in _BY_EXTENSION:
        return plain
    return path.stem or plain


def without_gz(name: str) -> str:
    """The file name without ".gz"."""
    return name[:-3] if name.lower().endswith(".gz") else name


def _looks_like_xyz(head: str) -> bool:
    """A count, a comment, then "Fe 0.0 0.0 0.0" (or a comment that declares a lattice)."""
    lines = head.lstrip("\ufeff").split("\n", 3)
    if len(lines) < 3 or not lines[0].strip().isdigit():
        return False
    if re.search(r"Lattice\s*=|Properties\s*=", lines[1], re.IGNORECASE):
        return True
    parts = lines[2].split()
    return len(parts) >= 4 and parts[0].isalnum() and bool(_THREE_NUMBERS.match(" ".join(parts[1:4])))


def _looks_like_poscar(head: str) -> bool:
    """A comment, a scale, three lattice vectors, then counts or symbols."""
    lines = head.split("\n", 7)
    if len(lines) < 7 or not re.match(rf"^\s*{_NUMBER}(\s|$)", lines[1]):
        return False
    return all(_THREE_NUMBERS.match(line) for line in lines[2:5])

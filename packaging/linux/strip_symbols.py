"""Take out of a bundle's libraries the symbols that only debuggers read, with binutils' ``strip``.

Only of packages whose libraries bear it: those that auditwheel has patched (``numpy.libs``, ``scipy.libs``) may not.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

PLACES = ("libpython*.so*", "PySide6/**/*.so*", "pyarrow/*.so*", "torch/lib/*.so*", "vtkmodules/*.so*")


def strip_symbols(contents: Path) -> int:
    """Strip the libraries below ``contents`` (the bundle's ``_internal``) and return the bytes that this saved.

    Where ``strip`` is not installed nothing is done, and said.
    """
    tool = shutil.which("strip")
    if tool is None:
        print("strip (binutils) is not installed, so the bundle keeps symbols that only debuggers read")
        return 0
    libraries = {
        path for place in PLACES for path in contents.glob(place) if path.is_file() and not path.is_symlink()
    }
    before = sum(path.stat().st_size for path in libraries)
    for library in sorted(libraries):
        subprocess.run([tool, "--strip-unneeded", str(library)], check=True)
    return before - sum(path.stat().st_size for path in libraries)

"""What a bundle leaves out: modules that the program never reaches, files for building and testing libraries."""

from __future__ import annotations

import re

UNUSED_MODULES = [
    # training, datasets and their tools need an installation with Python (docs/install.md)
    "lightning", "pytorch_lightning", "torchmetrics", "mp_api", "emmet", "boto3", "botocore", "deltalake",
    "tensorboard", "torch.utils.tensorboard",
    # asked for by libraries in functions that nothing here calls
    "aiohttp", "IPython", "jupyter", "matplotlib", "mpl_toolkits", "notebook", "numba", "PIL", "plotly",
    "tkinter",
    "pyarrow.flight", "pyarrow._flight", "pyarrow.substrait",
    "pyarrow._s3fs", "pyarrow._gcsfs", "pyarrow._azurefs", "pyarrow._hdfs", "pyarrow.tests",
    "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtNetwork",
    # the whole of VTK: the program names the modules that it draws with
    "vtk", "vtkmodules.all", "vtkmodules.web", "vtkmodules.tk", "vtkmodules.wx", "vtkmodules.gtk",
    # tests and builds; "import torch" reads two small modules of torch.testing._internal, so that itself stays
    "pytest", "hypothesis", "mypy", "setuptools", "pip", "hatchling",
    "torch.testing._internal.codegen", "torch.testing._internal.common_methods_invocations",
    "torch.testing._internal.common_modules", "torch.testing._internal.common_nn",
    "torch.testing._internal.common_utils", "torch.testing._internal.data",
    "torch.testing._internal.distributed", "torch.testing._internal.generated",
    "torch.testing._internal.opinfo", "torch.testing._internal.optests",
]  # fmt: skip

_UNUSED_FILES = re.compile(
    "|".join(
        [
            # PyTorch's own tests and what its extensions are compiled with; torch looks for torch_shm_manager
            r"torch/(test|share|include)/",
            r"torch/bin/(?!torch_shm_manager)",
            r"torch/testing/_internal/(?!__init__\.py$|logging_tensor\.py$|common_dtype\.py$)",
            r"torch/lib/[^/]*(test|aoti_custom_ops|backend_with_compiler)[^/]*$",
            # Arrow's remote file systems and servers, and its headers
            r"pyarrow/(include|src|tests)/",
            r"(pyarrow/)?(lib)?arrow_(flight|python_flight|s3)\b",
            r"pyarrow/.*\.(pxd|pxi|pyx|h|cc|cmake)$",
            # Qt on bare frame buffers and in a browser; GTK's look would mix the desktop's GTK with libraries of
            # the bundle
            r"PySide6/Qt/plugins/(egldeviceintegrations|generic)/",
            r"PySide6/Qt/plugins/platforms/libq(eglfs|linuxfb|minimalegl|vkkhrdisplay|vnc)\b",
            r"PySide6/Qt/plugins/platformthemes/libqgtk3\b",
            r"(PySide6/Qt/lib/)?libQt6EglF[sS]",
            # tests of other libraries
            r"(numpy|scipy|sklearn|pandas|pymatgen|openTSNE)/(.*/)?tests/",
        ]
    )
)


def is_unused(place: str) -> bool:
    """Whether the file that would lie at ``place`` (relative to the bundle) is left out."""
    return _UNUSED_FILES.match(place.replace("\\", "/")) is not None

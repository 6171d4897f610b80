from negnn_gui.api import predict as predict

__all__ = ["__version__", "predict"]
__version__: str

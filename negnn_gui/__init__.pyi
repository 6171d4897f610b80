from negnn_gui.api import predict as predict
from negnn_gui.inference.encoder_api import Encoder as Encoder

__all__ = ["Encoder", "__version__", "predict"]
__version__: str

"""Training, exporting and measuring taggers. It needs the packages of the extra `train`, and says so where they lack."""

from data.errors import InputError
from data.extras import need

try:
    need("train", "python -m train and its like", "torch", "transformers", "accelerate", "datasets", "onnx", "seqeval")
except InputError as error:
    # `python -m train.…` shows the text of an ImportError without a traceback
    raise ModuleNotFoundError(str(error)) from None

"""Training, exporting and measuring taggers, with the packages of the extra `train`; where they lack it says so."""

from data.errors import InputError
from data.extras import need

try:
    need("train", "python -m train and its like", "torch", "transformers", "accelerate", "datasets", "onnx", "seqeval")
except InputError as error:
    # `python -m train.…` shows an ImportError that bears the package's name without a traceback
    raise ModuleNotFoundError(str(error), name=__name__) from None

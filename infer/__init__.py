"""From a checkpoint and raw text to records: `Extractor.load().extract(text)`. Loads no torch until a model runs."""

from data.errors import InputError
from data.schema import Article, Directive, Entity
from infer.extractor import Extractor

__all__ = ["Article", "Directive", "Entity", "Extractor", "InputError"]

"""From text and annotations to model inputs: schema, formats, word segmentation, PhoBERT's BPE, windows."""

from data.errors import InputError
from data.load import load
from data.schema import LABELS, Article, Directive, Entity, parse_article

__all__ = ["LABELS", "Article", "Directive", "Entity", "InputError", "load", "parse_article"]

"""The tagger that is trained: a stock RoBERTa token classifier and, over its scores, a linear-chain CRF of words.

In: batches of windows. Out: logits as the stock model gives them, and the negative log likelihood of the words' tags.
The chain runs over the words whose labels a window is asked for, in their order, and begins anew at each line, as
decoding does (infer/decode.py). Of a word that continues a line from another window nothing is known: any tag may come
first there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from transformers import RobertaForTokenClassification
from transformers.modeling_outputs import TokenClassifierOutput

from data.encode import IGNORED
from infer.decode import FORBIDDEN, Chain, legal_chain
from train.model import bfloat16_pays


class ChainLoss(torch.nn.Module):
    """transitions [tags, tags] and start [tags], learned; what BIO forbids stays forbidden."""

    def __init__(self, tags: int) -> None:
        super().__init__()
        self.transitions = torch.nn.Parameter(torch.zeros(tags, tags))
        self.start = torch.nn.Parameter(torch.zeros(tags))
        self.legal = legal_chain(tags)

    def scores(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Learned scores, FORBIDDEN where BIO forbids."""
        masks = [torch.from_numpy(values < FORBIDDEN / 2).to(self.start.device) for values in self.legal]
        return self.transitions.masked_fill(masks[0], FORBIDDEN), self.start.masked_fill(masks[1], FORBIDDEN)

    def learned(self) -> dict[str, np.ndarray]:
        """What `infer.checkpoint.read_chain` adds to legal BIO; 0 where BIO forbids."""
        values = [self.transitions, self.start]
        return {
            name: np.where(legal < FORBIDDEN / 2, 0.0, value.detach().float().cpu().numpy()).astype(np.float32)
            for name, legal, value in zip(Chain._fields, self.legal, values, strict=True)
        }

    def forward(self, logits: torch.Tensor, labels: torch.Tensor, begins: torch.Tensor) -> torch.Tensor:
        """Negative log likelihood a word.

        Args:
            logits: [windows, longest, tags]. labels: int64 [windows, longest], IGNORED but at words' first subwords.
            begins: bool [windows, longest], true at the first subword of a word that begins a line.
        """
        real = labels != IGNORED
        lengths = real.sum(1)
        steps = int(lengths.max())
        # the words of each window in front, then padding; a stable sort keeps their order
        order = torch.argsort(~real, dim=1, stable=True)[:, :steps]
        emissions = logits.float().gather(1, order[:, :, None].expand(-1, -1, logits.shape[-1]))
        tags = labels.gather(1, order).clamp(min=0)
        begins = begins.gather(1, order)
        inside = torch.arange(steps, device=logits.device) < lengths[:, None]
        transitions, start = self.scores()
        return (
            self._total(emissions, begins, inside, transitions, start)
            - self._path(emissions, tags, begins, inside, transitions, start)
        ).sum() / lengths.sum()

    @staticmethod
    def _total(
        emissions: torch.Tensor,
        begins: torch.Tensor,
        inside: torch.Tensor,
        transitions: torch.Tensor,
        start: torch.Tensor,
    ) -> torch.Tensor:
        """Log sum over all legal sequences, [windows]."""
        alpha = emissions[:, 0] + torch.where(begins[:, :1], start, 0.0)
        for step in range(1, emissions.shape[1]):
            on = torch.logsumexp(alpha[:, :, None] + transitions, 1)
            anew = torch.logsumexp(alpha, 1, keepdim=True) + start
            after = torch.where(begins[:, step : step + 1], anew, on) + emissions[:, step]
            alpha = torch.where(inside[:, step : step + 1], after, alpha)
        return torch.logsumexp(alpha, 1)

    @staticmethod
    def _path(
        emissions: torch.Tensor,
        tags: torch.Tensor,
        begins: torch.Tensor,
        inside: torch.Tensor,
        transitions: torch.Tensor,
        start: torch.Tensor,
    ) -> torch.Tensor:
        """The score of the gold sequence, [windows]."""
        score = emissions.gather(2, tags[:, :, None])[:, :, 0]
        moves = torch.where(begins[:, 1:], start[tags[:, 1:]], transitions[tags[:, :-1], tags[:, 1:]])
        first = torch.where(begins[:, 0], start[tags[:, 0]], 0.0)
        return (score * inside).sum(1) + torch.where(inside[:, 1:], moves, 0.0).sum(1) + first


class Tagger(RobertaForTokenClassification):
    """The stock model with a chain; `logits` are the stock model's."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.crf = ChainLoss(config.num_labels)
        self._half = bfloat16_pays()

    def _init_weights(self, module: Any) -> None:
        if isinstance(module, ChainLoss):
            torch.nn.init.zeros_(module.transitions)
            torch.nn.init.zeros_(module.start)
        else:
            super()._init_weights(module)

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        labels: torch.Tensor | None = None,
        begins: torch.Tensor | None = None,
    ) -> TokenClassifierOutput:
        """As the stock model; with `labels` and `begins` (see ChainLoss) the loss is the chain's."""
        # steps alone: scores are computed as inference computes them
        with torch.autocast("cpu", torch.bfloat16, enabled=self.training and self._half):
            logits = super().forward(input_ids=input_ids, attention_mask=attention_mask).logits
        loss = None if labels is None or begins is None else self.crf(logits, labels, begins.bool())
        return TokenClassifierOutput(loss=loss, logits=logits)

"""`python -m train.relations ARTICLES… -o models/relations`: the relation model, fine-tuned on annotated articles.

In: annotated articles (files or folders) with records, and a pre-trained encoder in PhoBERT's format. Out: the folder
that `infer.relations` reads: a graph of the encoder in int8, the matrices behind it, the tokenizer, the settings.

    python -m train.relations data/articles/train -o models/relations

Of every mention the model learns what the log-linear linker learns too (`train.linker.Lesson`): its roles, the issuer
of an assignee, the assignee that anything else belongs to. A step takes some articles at a time, whole.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors.numpy import save as as_safetensors
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, dropout, gelu
from transformers import RobertaModel

from data.bpe import CODES_FILE, VOCAB_FILE
from data.command import make_parser
from data.encode import Encoder, bio_tags
from data.errors import InputError
from data.files import atomic_file, read_text
from data.formats import read_articles
from data.progress import Meter
from data.schema import LABELS
from data.windows import SPECIALS
from infer.checkpoint import check_kind
from infer.linker import ACTOR_ROLES, QUANTITY_ROLES, Head
from infer.relations import (
    DISTANCES,
    GRAPH_FILE,
    HEADS_FILE,
    ISSUER_OF,
    NO_MENTION,
    OWNER_OF,
    PARTNER_OF,
    QUESTIONS,
    SETTINGS_FILE,
    TO_NOBODY,
    Marked,
    RelationSettings,
    distances,
    make_encoder,
    mark,
    stacked,
)
from train.linker import Lesson, weighed
from train.model import bfloat16_pays, locate
from train.relation_graph import build

MAX_LENGTH, STRIDE = 128, 40  # of windows, in subwords
UNKNOWN = 3  # id of <unk>, the last of the special subwords (data/bpe.py)
MENTION, TIE = 256, 128  # width of what stands for a mention, and for a mention with a candidate
BEFORE, BEHIND = 14, 5  # actors on either side of a mention that are asked
# Chosen on real articles left out (benchmarks/LOG.md).
EPOCHS = 3
ARTICLES, PASS = 8, 4  # a step, and of these at once: what lies between layers stays small
RATE, HEADS_RATE = 3e-4, 1e-3
DECAY = 0.05
DROPOUT = 0.3  # behind the encoder
UNREAD = 0.15  # share of the subwords that are hidden from it


class Exercise(NamedTuple):
    """What is learned of one article.

    roles: of each mention the number of its class, int64 [mentions]; issues: and whether it is an issuer.
    ties: by question the pairs that are asked, int64 [pairs, 3]: mention, candidate, number of the question; with
    whether the candidate is right, bool [pairs]. far: `distances` of these pairs, int64 [pairs, 4].
    """

    lesson: Lesson
    marked: Marked
    actor: np.ndarray
    roles: np.ndarray
    issues: np.ndarray
    ties: list[tuple[np.ndarray, np.ndarray, np.ndarray]]

    @classmethod
    def of(cls, lesson: Lesson, marked: Marked) -> Exercise:
        scene = lesson.scene
        actor = np.zeros(len(lesson.role), dtype=bool)
        actor[scene.actors] = True
        classes = [ACTOR_ROLES if is_actor else QUANTITY_ROLES for is_actor in actor]
        roles = [names.index(role) if role in names else 0 for names, role in zip(classes, lesson.role, strict=True)]
        asked: list[list[tuple[int, int, int, bool]]] = [[] for _ in QUESTIONS]
        for number, (question, mention, truth) in enumerate(_questions(lesson)):
            near = scene.actors_near(mention, BEFORE, BEHIND)
            none = [NO_MENTION] if question == ISSUER_OF else [NO_MENTION, TO_NOBODY]
            if not truth.isdisjoint(heads := [*near, *none]):  # else the right one is too far
                asked[question] += [(mention, head, number, head in truth) for head in heads]
        ties = []
        for rows in asked:
            table = np.array(rows, dtype=np.int64).reshape(-1, 4)
            ties.append((table[:, :3], table[:, 3] > 0, distances(scene, table[:, 0], table[:, 1])))
        return cls(lesson, marked, actor, np.array(roles), np.array(lesson.issues, dtype=np.int64), ties)


def _questions(lesson: Lesson) -> Iterator[tuple[int, int, set[int]]]:
    """(question, mention, the right answers): what is asked of the mentions of an article."""
    owners = {mention: {TO_NOBODY} for _, mention in lesson.unowned}
    owners |= {mention: _coded(heads) for (_, mention), heads in lesson.heads.items()}
    for issued in (lesson.issuers, lesson.alone):
        for mention, heads in issued.items():
            yield ISSUER_OF, mention, _coded(heads)
    actors = set(lesson.scene.actors)
    for mention in range(len(lesson.role)):
        if mention not in lesson.issuers:
            question = PARTNER_OF if mention in actors else OWNER_OF
            yield question, mention, owners.get(mention, {NO_MENTION})


def _coded(heads: Iterable[Head]) -> set[int]:
    return {NO_MENTION if head is None else head if isinstance(head, int) else TO_NOBODY for head in heads}


# ------------------------------------------------------------------ the model


class Heads(nn.Module):
    """What stands behind the encoder and the vectors of mentions."""

    def __init__(self) -> None:
        super().__init__()
        self.roles = nn.Linear(MENTION, len(ACTOR_ROLES) + 2 + len(QUANTITY_ROLES))
        count = len(QUESTIONS)
        bound = MENTION**-0.5
        self.seeking = nn.ParameterDict(
            {
                "weight": torch.empty(count, TIE, MENTION).uniform_(-bound, bound),
                "bias": torch.zeros(count, TIE),
            }
        )
        self.sought = nn.ParameterDict({"weight": torch.empty(count, TIE, MENTION).uniform_(-bound, bound)})
        self.nobody = nn.Parameter(torch.randn(2, MENTION) * 0.02)
        self.far = nn.Parameter(torch.randn(count, DISTANCES, TIE) * 0.5)
        self.weigh = nn.Parameter(torch.empty(count, TIE).uniform_(-(TIE**-0.5), TIE**-0.5))

    def scores(self, question: int, mentions: Tensor, pairs: Tensor, far: Tensor) -> Tensor:
        """As `infer.relations.Opinion.scores`; candidates that are no mention come behind the last one."""
        seeking = mentions @ self.seeking["weight"][question].T + self.seeking["bias"][question]
        sought = torch.cat((mentions, self.nobody)) @ self.sought["weight"][question].T
        total = seeking[pairs[:, 0]] + sought[pairs[:, 1]] + self.far[question][far].sum(1)
        return dropout(torch.relu(total), DROPOUT, self.training) @ self.weigh[question]


class Network(nn.Module):
    """The encoder, what is added to its input, the mentions, and the heads."""

    def __init__(self, encoder: RobertaModel, rules: int) -> None:
        super().__init__()
        size = encoder.config.hidden_size
        for module in encoder.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0  # hiding subwords does as much, and takes no time
        self.roberta = encoder
        self.tags, self.rules = nn.Embedding(len(bio_tags(LABELS)), size), nn.Embedding(rules + 1, size)
        for table in (self.tags, self.rules):
            nn.init.normal_(table.weight, std=0.02)
        self.mention = nn.Linear(2 * size, MENTION)
        self.heads = Heads()

    def forward(self, layers: Tensor, mask: Tensor, ends: Tensor) -> Tensor:
        """layers: ids, tags and rules, int64 [3, windows, longest]. ends: int64 [mentions, 2], rows of all windows.

        Returns: float32 [mentions, MENTION].
        """
        words = self.roberta.embeddings.word_embeddings(layers[0])
        marked = words + self.tags(layers[1]) + self.rules(layers[2])
        rows = self.roberta(inputs_embeds=marked, attention_mask=mask).last_hidden_state.flatten(0, 1)
        return dropout(gelu(self.mention(rows[ends].flatten(1))), DROPOUT, self.training)


class Batch(NamedTuple):
    """Some articles as one. numbers of windows, mentions and questions run on from article to article."""

    layers: Tensor
    mask: Tensor
    ends: Tensor
    actor: Tensor
    roles: Tensor
    issues: Tensor
    weight: Tensor
    ties: list[list[Tensor]]

    @classmethod
    def of(cls, exercises: Sequence[Exercise], pad_id: int) -> Batch:
        windows = [window for one in exercises for window in one.marked.batch(range(len(one.marked.windows)))]
        layers, mask = stacked(windows, pad_id)
        total = sum(len(one.roles) for one in exercises)
        ends: list[np.ndarray] = []
        ties: list[list[tuple[np.ndarray, ...]]] = [[] for _ in QUESTIONS]
        window = mention = question = 0
        for one in exercises:
            ends.append(one.marked.place[:, 1:] + (one.marked.place[:, :1] + window) * mask.shape[1])
            for rows, (pairs, right, far) in zip(ties, one.ties, strict=True):
                heads = np.where(pairs[:, 1] < 0, total - 1 - pairs[:, 1], pairs[:, 1] + mention)
                rows.append((np.stack((pairs[:, 0] + mention, heads, pairs[:, 2] + question), axis=1), right, far))
            window += len(one.marked.windows)
            mention += len(one.roles)
            question += 2 * len(one.roles)  # of a mention no more is asked
        weights = np.repeat([one.lesson.weight for one in exercises], [len(one.roles) for one in exercises])
        return cls(
            torch.from_numpy(layers),
            torch.from_numpy(mask),
            _joined(ends),
            _joined([one.actor for one in exercises]),
            _joined([one.roles for one in exercises]),
            _joined([one.issues for one in exercises]),
            torch.from_numpy(weights.astype(np.float32)),
            [[_joined(part) for part in zip(*rows, strict=True)] for rows in ties],
        )


def _joined(parts: Sequence[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.concatenate(parts))


def loss_of(network: Network, batch: Batch) -> Tensor:
    """The sum of the mean losses of the three kinds of role and of the three questions."""
    layers = batch.layers
    if network.training:
        hidden = (torch.rand(layers[0].shape) < UNREAD) & (layers[0] > UNKNOWN)
        layers = torch.stack((layers[0].masked_fill(hidden, UNKNOWN), *layers[1:]))
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16_pays()):
        mentions = network(layers, batch.mask, batch.ends)
    mentions = mentions.float()
    actor, issuer, quantity = network.heads.roles(mentions).split((4, 2, 3), dim=1)
    total = torch.zeros(())
    for scores, truth, chosen in (
        (actor, batch.roles, batch.actor),
        (issuer, batch.issues, batch.actor),
        (quantity, batch.roles, ~batch.actor),
    ):
        if chosen.any():
            each = cross_entropy(scores[chosen], truth[chosen], reduction="none")
            total = total + (each * batch.weight[chosen]).mean()
    for question, (pairs, right, far) in enumerate(batch.ties):
        if len(pairs):
            scores = network.heads.scores(question, mentions, pairs, far)
            total = total + _choice(scores, right, pairs[:, 2], batch.weight[pairs[:, 0]])
    return total


def _choice(scores: Tensor, right: Tensor, question: Tensor, weight: Tensor) -> Tensor:
    """The mean over questions of how unlikely their right answers are."""
    numbers, which = torch.unique(question, return_inverse=True)
    each = []
    for kept in (torch.ones_like(right), right):
        told = torch.where(kept, scores, -1e4)
        most = told.new_full((len(numbers),), -1e4).scatter_reduce(0, which, told, "amax").detach()
        powers = torch.where(kept, (told - most[which]).exp(), 0.0)
        each.append(most + torch.zeros(len(numbers)).index_add(0, which, powers).log())
    weights = torch.zeros(len(numbers)).index_copy(0, which, weight)
    return ((each[0] - each[1]) * weights).mean()


# ------------------------------------------------------------------ training


def train(network: Network, exercises: Sequence[Exercise], pad_id: int, meter: Meter) -> None:
    """Fine-tune the network. Articles are drawn anew in each epoch, by torch's and Python's generators."""
    exercises = list(exercises)
    steps = EPOCHS * -(-len(exercises) // ARTICLES)
    encoder = list(network.roberta.parameters())
    inside = {id(parameter) for parameter in encoder}
    others = [parameter for parameter in network.parameters() if id(parameter) not in inside]
    groups = [{"params": encoder, "lr": RATE}, {"params": others, "lr": HEADS_RATE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=DECAY, fused=True)
    warm = max(1, steps // 10)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, (steps - step) / max(1, steps - warm))
    )
    network.train()
    step = 0
    for _ in range(EPOCHS):
        random.shuffle(exercises)
        for at in range(0, len(exercises), ARTICLES):
            optimizer.zero_grad(set_to_none=False)
            drawn = exercises[at : at + ARTICLES]
            for part in (drawn[n : n + PASS] for n in range(0, len(drawn), PASS)):
                loss = loss_of(network, Batch.of(part, pad_id)) * (len(part) / len(drawn))
                loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            step += 1
            meter.update(step, f"loss {loss.item():.3f}")
    network.eval()


def load_encoder(folder: Path) -> RobertaModel:
    """A pre-trained encoder in float32, without what it was pre-trained with.

    Raises: InputError for a model of another kind than PhoBERT, or with fewer positions than our windows.
    """
    from transformers.utils import logging

    config = json.loads(read_text(folder / "config.json"))
    check_kind(config, folder, mend="take PhoBERT, or models/mini-encoder")
    longest = config["max_position_embeddings"] - SPECIALS
    if longest < MAX_LENGTH:
        raise InputError(
            f"an encoder of {longest} positions", expected=f"at least {MAX_LENGTH}", mend="take another", path=folder
        )
    logging.set_verbosity_error()  # "unexpected: lm_head": what is left out on purpose
    logging.disable_progress_bar()
    return RobertaModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="eager").float()


def save(network: Network, settings: RelationSettings, tokenizer: Path, folder: Path) -> None:
    """Write the folder that `infer.relations` reads; each file whole or not at all, the settings last."""
    folder.mkdir(parents=True, exist_ok=True)
    values = {name: tensor.detach().float().numpy() for name, tensor in network.state_dict().items()}
    heads = {name: values[f"heads.{name}"] for name in ("far", "weigh")}
    heads["nobody"] = values["heads.nobody"] @ values["heads.sought.weight"].transpose(0, 2, 1)
    heads = {name: value.astype(np.float16) for name, value in heads.items()}
    for name in (VOCAB_FILE, CODES_FILE):
        if tokenizer.resolve() != folder.resolve():
            shutil.copy(tokenizer / name, folder / name)
    with atomic_file(folder / GRAPH_FILE, "wb") as out:
        out.write(build(values, network.roberta.config.to_dict()).SerializeToString())
    with atomic_file(folder / HEADS_FILE, "wb") as out:
        out.write(as_safetensors(heads))
    with atomic_file(folder / SETTINGS_FILE) as out:
        out.write(settings.model_dump_json(indent=2) + "\n")


def main(argv: list[str] | None = None) -> int:
    """Run the command; gives the exit status."""
    parser = make_parser("python -m train.relations", __doc__)
    parser.add_argument(
        "articles",
        nargs="+",
        metavar="ARTICLES",
        help="annotated articles: files or folders; each article of FOLDER=3 counts three times",
    )
    parser.add_argument("-o", "--output", required=True, metavar="FOLDER", help="the relation model")
    parser.add_argument(
        "--encoder", default="models/mini-encoder", metavar="FOLDER", help="to begin with (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=13, help="of what is drawn by chance (%(default)s)")
    args = parser.parse_args(argv)
    torch.manual_seed(args.seed)
    random.seed(args.seed)
    try:
        start = locate(args.encoder, "--encoder")
        pretrained = load_encoder(start)
        lessons = [
            Lesson(article, weight)
            for source, weight in map(weighed, args.articles)
            for article in read_articles(source)
        ]
        rules = sorted({role for lesson in lessons for role in lesson.scene.roles})
        settings = RelationSettings(max_length=MAX_LENGTH, stride=STRIDE, rules=rules)
        encoder = make_encoder(start, settings)
        exercises = list(_exercises(lessons, encoder, rules))
        if not exercises:
            raise InputError("no mention", expected="annotated articles", mend="name others")
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    network = Network(pretrained, len(rules))
    with Meter("training", EPOCHS * -(-len(exercises) // ARTICLES)) as meter:
        train(network, exercises, encoder.bpe.pad, meter)
    save(network, settings, start, Path(args.output))
    print(f"written: {args.output}")
    return 0


def _exercises(lessons: Sequence[Lesson], encoder: Encoder, rules: Sequence[str]) -> Iterator[Exercise]:
    numbers = {rule: number for number, rule in enumerate(rules, 1)}
    for lesson in lessons:
        marked = mark(lesson.scene, encoder, numbers)
        if marked is not None:
            yield Exercise.of(lesson, marked)


if __name__ == "__main__":
    sys.exit(main())

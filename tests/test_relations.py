"""The relation model: what it reads, that its graph computes what was trained, its command, what the linker asks."""

import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import train.relations
from data.encode import tag_words, window_labels
from data.errors import InputError
from data.formats import read_articles
from data.schema import LABELS
from infer.linker import Linker, doubtful, load_linker, second_opinion, weighed
from infer.relations import (
    DISTANCES,
    NO_MENTION,
    TO_NOBODY,
    Opinion,
    RelationModel,
    RelationSettings,
    distances,
    make_encoder,
    mark,
)
from infer.scene import Scene
from infer.triggers import split_sentences
from tests.conftest import FEW, VOCABULARY
from tests.marked import Span, parse
from train.linker import Lesson
from train.relations import Batch, Exercise, Network, load_encoder, loss_of, save

SETTINGS = RelationSettings(max_length=64, stride=20, rules=["assignees", "issuer"])
RULES = {rule: number for number, rule in enumerate(SETTINGS.rules, 1)}
TEXT = "{O Chủ tịch UBND tỉnh} giao {A Sở Y tế} rà soát {I 45 trạm y tế xã}, xong {D trước ngày 30/6/2023}."


@pytest.fixture(scope="module")
def lessons() -> list[Lesson]:
    return [Lesson(article) for article in read_articles(FEW / "test")]


@pytest.fixture(scope="module")
def network() -> Network:
    """Untrained, but for the encoder."""
    torch.manual_seed(1)
    return Network(load_encoder(VOCABULARY), len(RULES)).eval()


@pytest.fixture(scope="module")
def model(network: Network, tmp_path_factory: pytest.TempPathFactory) -> RelationModel:
    folder = tmp_path_factory.mktemp("relations")
    save(network, SETTINGS, VOCABULARY, folder)
    return RelationModel.load(folder)


def scene_of(marked: str) -> Scene:
    text, spans = parse(marked)
    return Scene(text, spans, split_sentences(text, spans), [])


# ------------------------------------------------------------------ what goes in


def test_tags_are_those_that_a_tagger_learns(lessons: list[Lesson]) -> None:
    encoder = make_encoder(VOCABULARY, SETTINGS)
    for article, lesson in zip(read_articles(FEW / "test"), lessons, strict=True):
        marked = mark(lesson.scene, encoder, RULES)
        encoded = encoder.encode(article.text)
        wanted = window_labels(encoded, tag_words(encoded.words, article.entities, LABELS).tags)
        assert marked is not None
        windows = marked.batch(range(len(wanted)))
        for (ids, tags, _), labels, plain in zip(windows, wanted, encoder.model_inputs(encoded), strict=True):
            assert ids.tolist() == plain.tolist()
            assert (tags[labels >= 0] == labels[labels >= 0]).all()


def test_a_mention_is_its_first_and_last_subword(lessons: list[Lesson]) -> None:
    encoder = make_encoder(VOCABULARY, SETTINGS)
    for lesson in lessons:
        marked = mark(lesson.scene, encoder, RULES)
        assert marked is not None
        for mention, (window, first, last) in enumerate(marked.place.tolist()):
            [(_, tags, rules)] = marked.batch([window])
            label = LABELS.index(lesson.scene.labels[mention])
            assert tags[first] == 1 + 2 * label
            assert set(tags[first + 1 : last + 1]) <= {2 + 2 * label}
            after = tags[last + 1]
            assert after != 2 + 2 * label or last + 2 == len(tags)  # else it would go on
            assert set(rules[first : last + 1]) == {RULES.get(lesson.scene.roles[mention], 0)}


@given(st.text(alphabet="Sở yU \n.,\u200b", max_size=60), st.data())
def test_any_text_and_spans_can_be_marked(text: str, data: st.DataObject) -> None:
    encoder = make_encoder(VOCABULARY, SETTINGS)
    edges = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)))
    spans = [Span(f"m{n}", "AGENCY", *pair) for n, pair in enumerate(pairwise(edges))]
    scene = Scene(text, spans, split_sentences(text, spans), [])
    marked = mark(scene, encoder, RULES)
    if marked is not None:
        assert len(marked.place) == len(scene.mentions)
        for window, first, last in marked.place.tolist():
            assert 0 < first <= last < marked.batch([window])[0].shape[1] - 1


def test_distances() -> None:
    scene = scene_of("{A Sở Y tế} và {A Sở Xây dựng} họp.\nNay {A Sở Y tế} giao {A Sở Nội vụ}.")
    mentions, heads = np.array([3, 3, 1, 2, 2]), np.array([2, 0, 3, NO_MENTION, TO_NOBODY])
    apart, sentences, lines, tokens = (distances(scene, mentions, heads) - [0, 19, 27, 32]).T.tolist()
    assert apart == [10, 12, 2, 18, 18]  # before it by one, by three; behind it by two; no mention
    assert sentences == [0, 1, 1, 7, 7]
    assert lines == [0, 1, 1, 4, 4]
    assert tokens[0] == 2  # two tokens on: "giao" between
    assert tokens[3:] == [11, 11]
    assert DISTANCES == 44


# ------------------------------------------------------------------ the graph


def test_the_graph_computes_what_was_trained(network: Network, model: RelationModel, lessons: list[Lesson]) -> None:
    encoder = make_encoder(VOCABULARY, SETTINGS)
    for lesson in lessons:
        marked = mark(lesson.scene, encoder, RULES)
        assert marked is not None
        exercise = Exercise.of(lesson, marked)
        batch = Batch.of([exercise], encoder.bpe.pad)
        with torch.no_grad():
            mentions = network(batch.layers, batch.mask, batch.ends)
            roles = network.heads.roles(mentions).split((4, 2, 3), dim=1)
        opinion = model.read(lesson.scene, range(len(lesson.role)))
        assert opinion is not None
        for found, wanted in zip((opinion.actor, opinion.issuer, opinion.quantity), roles, strict=True):
            assert np.allclose(list(found.values()), wanted.log_softmax(1), atol=0.03)  # int8
        for question, (pairs, _, far) in enumerate(batch.ties):
            scores = network.heads.scores(question, mentions, pairs, far).detach()
            mine = exercise.ties[question][0]
            assert np.allclose(opinion.scores(question, mine[:, 0], mine[:, 1]), scores, atol=0.03)


def test_articles_of_a_batch_do_not_touch_each_other(network: Network, lessons: list[Lesson]) -> None:
    encoder = make_encoder(VOCABULARY, SETTINGS)
    exercises = list(train.relations._exercises(lessons, encoder, SETTINGS.rules))
    with torch.no_grad():
        alone = [loss_of(network, Batch.of([one], encoder.bpe.pad)) for one in exercises]
        both = loss_of(network, Batch.of([exercises[0]] * 3, encoder.bpe.pad))
        whole = Batch.of(exercises, encoder.bpe.pad)
        parts = [network(*Batch.of([one], encoder.bpe.pad)[:3]) for one in exercises]
        assert torch.allclose(network(*whole[:3]), torch.cat(parts), atol=1e-4)
    assert both.item() == pytest.approx(alone[0].item(), rel=1e-3)


def test_what_is_not_doubtful_is_not_read(model: RelationModel, lessons: list[Lesson]) -> None:
    scene = lessons[0].scene
    assert model.read(scene, []) is None
    whole = model.read(scene, range(len(scene.mentions)))
    part = model.read(scene, [3])
    assert whole is not None and part is not None
    assert all(whole.there)
    assert part.there[3] and not all(part.there)
    for n, there in enumerate(part.there):
        assert not there or np.allclose(part.actor[n], whole.actor[n], atol=0.01)


# ------------------------------------------------------------------ what the linker makes of it


def test_a_part_is_scored_as_the_whole(
    model: RelationModel, lessons: list[Lesson], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever windows are read: candidates are found again by their number, and those that are no mention."""
    scene = lessons[0].scene
    whole, part = model.read(scene, range(len(scene.mentions))), model.read(scene, [len(scene.mentions) - 1])
    assert whole is not None and part is not None and not part.there[0]
    there = np.flatnonzero(part.there)
    pairs = [(int(a), int(b)) for a in there for b in [*there, NO_MENTION, TO_NOBODY]]
    scores = [one.scores(1, [a for a, _ in pairs], [b for _, b in pairs]) for one in (whole, part)]
    assert np.allclose(*scores, atol=0.01)
    monkeypatch.setattr("infer.relations.MOST", 1)
    first = model.read(scene, range(len(scene.mentions)))
    assert first is not None and first.there[0] and not first.there[-1]


def test_chances_are_weighed() -> None:
    assert weighed([0.5, 0.5], np.log([0.5, 0.5]).tolist()) == pytest.approx([0.5, 0.5])
    first, second = weighed([0.9, 0.1], np.log([0.2, 0.8]).tolist())
    assert first + second == pytest.approx(1)
    assert 0.2 < first < 0.9
    assert weighed([1.0, 0.0], [-1000.0, 0.0])[1] > 0.99


class Says(Opinion):
    """An opinion that takes one mention for an assignee, and all others for nothing."""

    def __init__(self, count: int, who: int, there: bool = True) -> None:
        sure, not_so = np.log([0.998, 0.002]).tolist(), np.log([0.002, 0.998]).tolist()
        self.there = [there] * count
        self.actor = {n: [(sure if n == who else not_so)[name != 1] for name in range(4)] for n in range(count)}
        self.issuer = dict.fromkeys(range(count), sure)
        self.quantity = {n: [0.0, -9.0, -9.0] for n in range(count)}


def test_a_second_opinion_moves_chances_where_it_has_read() -> None:
    linker, scene = load_linker(), scene_of("{A Sở Y tế} thăm {A Sở Xây dựng}.")
    known, _ = linker.look(scene)
    before = known.chances[1]["assignees"]
    moved = second_opinion(known, Says(2, 1)).chances[1]
    assert moved["assignees"] > max(0.5, before)
    assert sum(moved[role] for role in ("none", "assignees", "coordinators", "recipients")) == pytest.approx(1)
    assert second_opinion(known, Says(2, 1, there=False)).chances == list(known.chances)


def test_actors_are_doubtful_unless_they_are_surely_something(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = scene_of(TEXT)
    known, _ = load_linker().look(scene)
    for sure, wanted in ((0.5, []), (1.0, [0, 1])):
        monkeypatch.setattr("infer.linker.SURE", sure)
        assert doubtful(known) == wanted


def test_records_with_a_relation_model_that_knows_nothing(model: RelationModel) -> None:
    """Whatever it says, records name mentions that are there, and the order is found."""
    linker = Linker(load_linker().models, model)
    (found,) = linker.link(scene_of(TEXT))
    assert found.ids() <= {"m0", "m1", "m2", "m3"}


# ------------------------------------------------------------------ files and commands


def test_the_command_learns_and_its_folder_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(train.relations, "EPOCHS", 2)
    argv = [str(FEW / "dev"), "-o", str(tmp_path / "relations"), "--encoder", str(VOCABULARY)]
    assert train.relations.main(argv) == 0
    assert "written" in capsys.readouterr().out
    first = RelationModel.load(tmp_path / "relations")
    assert "assignees" in first.settings.rules


def test_it_learns(lessons: list[Lesson]) -> None:
    torch.manual_seed(2)
    encoder = make_encoder(VOCABULARY, SETTINGS)
    network = Network(load_encoder(VOCABULARY), len(RULES))
    exercises = list(train.relations._exercises(lessons, encoder, SETTINGS.rules))
    batch = Batch.of(exercises, encoder.bpe.pad)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    losses = []
    for _ in range(8):
        loss = loss_of(network, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_a_broken_folder_is_told(model: RelationModel, network: Network, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"relations\.json"):
        RelationModel.load(tmp_path)
    save(network, SETTINGS, VOCABULARY, tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(InputError, match="copy the whole folder anew"):
        RelationModel.load(tmp_path)
    save(network, SETTINGS, VOCABULARY, tmp_path)
    (tmp_path / "heads.safetensors").write_bytes(b"0")
    with pytest.raises(InputError, match="cannot be read"):
        RelationModel.load(tmp_path)


def test_no_articles_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": "a", "text": "Không có gì."}\n', encoding="utf-8")
    argv = [str(tmp_path / "a.jsonl"), "-o", str(tmp_path / "out"), "--encoder", str(VOCABULARY)]
    assert train.relations.main(argv) == 1
    assert "no mention" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_encoder_that_does_not_fit_is_told(phobert_folder: Path, tmp_path: Path) -> None:
    for file in phobert_folder.iterdir():
        shutil.copy(file, tmp_path)
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    for change, told in (({"max_position_embeddings": 66}, "64 positions"), ({"model_type": "bert"}, "'bert'")):
        (tmp_path / "config.json").write_text(json.dumps(config | change), encoding="utf-8")
        with pytest.raises(InputError, match=told):
            load_encoder(tmp_path)

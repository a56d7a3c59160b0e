"""The learned linker: it learns from a few articles, its weights survive a file, and its command."""

from pathlib import Path

import numpy as np
import pytest

from data.compare import link_scores
from data.formats import read_articles
from data.schema import Article, Directive, Entity
from infer.linker import Linker, load_linker, save_linker
from infer.loglinear import Model, joined
from infer.scene import Scene
from infer.triggers import split_sentences
from tests.conftest import ARTICLES, FEW
from tests.marked import parse
from train.linker import RARE, Lesson, Table, fit, main, train, weighed

BODIES = ("Sở Y tế", "Sở Xây dựng", "Công an xã", "Hội Nông dân", "Trạm Thủy lợi", "Chi cục Thuế")


def article(number: int, marked: str, records: list[dict[str, object]]) -> Article:
    text, spans = parse(marked)
    entities = [Entity(id=s.id, label=s.label, start=s.start, end=s.end, text=text[s.start : s.end]) for s in spans]
    directives = [Directive.model_validate(record) for record in records]
    return Article(id=f"a{number}", text=text, entities=entities, directives=directives)


def lessons() -> list[Article]:
    """“phiền A đo mưa, nhờ B giúp, thưa với C”: no verb that the rules know."""
    found = []
    for n in range(18):
        a, b, c, d = (BODIES[(n + step * (1 + n // 6)) % 6] for step in range(4))
        marked = f"{{A {a}}} phiền {{A {b}}} đo mưa, nhờ {{A {c}}} giúp, thưa với {{A {d}}} {{D trước ngày {n + 1}/6}}."
        record = {"issuer": "m0", "assignees": ["m1"], "coordinators": ["m2"], "recipients": ["m3"]}
        found.append(article(n, marked, [record | {"deadlines": ["m4"]}]))
        found.append(article(n + 50, f"{{A {a}}} thăm {{A {b}}} rồi tặng quà {{A {c}}}.", []))
    return found


@pytest.fixture(scope="module")
def learned() -> Linker:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LOOK_PRIOR", "HEAD_PRIOR"):
            patch.setattr(f"train.linker.{name}", 0.1)  # so few examples have to count for more
        return train([Lesson(one) for one in lessons()])


def read(linker: Linker, marked: str) -> list[tuple[object, ...]]:
    text, spans = parse(marked)
    found = linker.link(Scene(text, spans, split_sentences(text, spans), []))
    return [(d.issuer, d.assignees, d.coordinators, d.recipients, d.deadlines) for d in found]


def test_new_words_are_learned_from_examples(learned: Linker) -> None:
    order = "{A Ban Dân tộc} phiền {A Sở Nội vụ} đo mưa, nhờ {A Đoàn xã} giúp, thưa với {A Tỉnh ủy} {D trước ngày 2/9}."
    assert read(learned, order) == [("m0", ("m1",), ("m2",), ("m3",), ("m4",))]
    assert read(learned, "{A Ban Dân tộc} thăm {A Sở Nội vụ} rồi tặng quà {A Đoàn xã}.") == []


def test_weights_survive_their_file(learned: Linker, tmp_path: Path) -> None:
    save_linker(learned, tmp_path / "linker.npz")
    again = load_linker(tmp_path / "linker.npz")
    assert again.models.keys() == learned.models.keys()
    for name, model in learned.models.items():
        assert again.models[name].rows == model.rows
        np.testing.assert_allclose(again.models[name].weights, model.weights, rtol=1e-3, atol=1e-6)


def test_a_fitted_model_tells_what_it_was_shown() -> None:
    rows = [["all", word] for word in ("mưa", "nắng") * RARE]
    model = fit(Table.of(rows), [[True, False], [False, True]] * RARE, 2, 1.0)
    assert np.argmax(model.scores(["all", "mưa"])) == 0
    assert np.argmax(model.scores(["all", "nắng", "a word that it never saw"])) == 1


def test_what_counts_more_is_believed() -> None:
    table = Table.of([["all"]] * 20)
    right = [[True, False]] * 10 + [[False, True]] * 10
    assert np.argmax(fit(table, right, 2, 1.0, [1.0] * 10 + [3.0] * 10).scores(["all"])) == 1
    assert np.argmax(fit(table, right, 2, 1.0, [3.0] * 10 + [1.0] * 10).scores(["all"])) == 0


def test_a_source_may_say_how_much_it_counts() -> None:
    assert weighed("articles=3") == ("articles", 3.0)
    assert weighed("my=articles=0.5") == ("my=articles", 0.5)
    assert weighed("my=articles") == ("my=articles", 1.0)
    assert weighed("articles") == ("articles", 1.0)


def test_each_name_counts_once() -> None:
    model = Model(["a"], np.array([[2.0]]))
    assert model.scores(["a", "a", "b"]).tolist() == [2.0]
    assert model.scores([]).tolist() == [0.0]


def test_joined_models_score_as_they_do_alone() -> None:
    one, other = Model(["a", "b"], np.array([[2.0], [3.0]])), Model(["b", "c"], np.array([[4.0, 5.0], [6.0, 7.0]]))
    rows = [["a", "b", "c", "d"], ["c"], [], ["d"]]
    together = joined([one, other]).all_scores(rows)
    assert together.tolist() == [[5, 10, 12], [0, 6, 7], [0, 0, 0], [0, 0, 0]]
    assert together.tolist() == [[*one.scores(row), *other.scores(row)] for row in rows]
    assert one.all_scores([]).tolist() == []


def test_a_lesson_knows_heads_and_records() -> None:
    marked = "{A UBND xã} giao {A Sở A}, {A Sở B} {D trước ngày 1/2}; đặt mục tiêu {I 5 ha rừng}."
    records = [
        {"issuer": "m0", "assignees": ["m1", "m2"], "deadlines": ["m3"]},
        {"issuer": "m0", "indicators": ["m4"]},
    ]
    lesson = Lesson(article(0, marked, records))
    assert lesson.role == ["none", "assignees", "assignees", "owned", "nobody"]
    assert lesson.right(3, "quantity", [1, 2, None, "nobody"]) == [True, True, False, False]
    assert lesson.right(4, "quantity", [1, None, "nobody"]) == [False, False, True]
    assert lesson.right(1, "issuer", [0, None]) == [True, False]
    assert lesson.right(4, "nobody", [0, None]) == [True, False]


def test_shipped_weights_beat_the_rules() -> None:
    """By more than 3 points, on articles that they were not fitted on; else the rules alone would do."""
    from infer.directives import find_by_rules, find_directives

    gold = read_articles(ARTICLES / "dev")
    scores = []
    for find in (find_by_rules, find_directives):
        pairs = []
        for one in gold:
            directives = [
                Directive(
                    issuer=d.issuer,
                    assignees=list(d.assignees),
                    coordinators=list(d.coordinators),
                    recipients=list(d.recipients),
                    indicators=list(d.indicators),
                    deadlines=list(d.deadlines),
                )
                for d in find(one.text, one.entities)
            ]
            pairs.append((one, one.model_copy(update={"directives": directives})))
        scores.append(link_scores(pairs)["strict"]["f1"])
    assert scores[1] > scores[0] + 0.03


def test_the_command_writes_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(FEW / "dev"), "-o", str(tmp_path / "weights.npz")]) == 0
    assert "weights.npz" in capsys.readouterr().out
    assert load_linker(tmp_path / "weights.npz").models
    assert main([str(tmp_path / "nothing"), "-o", str(tmp_path / "other.npz")]) == 1
    assert "nothing" in capsys.readouterr().err

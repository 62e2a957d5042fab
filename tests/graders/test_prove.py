"""What does not hold of a topic is found before its students find it, and told by file and line."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from graders.build import build_topic, write
from graders.course import load_course
from graders.errors import UsageError
from graders.new import new_topic
from graders.prove import prepare
from tests.graders.test_grade import sorcery

COURSE = (
    "schema: 1\ncourse: {id: c, title: C}\nproof: {repeats: 2}\n"
    "topics:\n  - id: other\n    title: Other\n    points: {auto: 1}\n"
)
MASTER, VARIANTS = Path("solutions/attention.py"), Path("solutions/attention_variants.yaml")
PUBLIC, HIDDEN = Path("assignments/attention/tests/q1.py"), Path("graders/hidden_tests/attention/q1.py")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("fresh")
    (root / "assignments").mkdir()
    (root / "assignments/course.yaml").write_text(COURSE)
    new_topic(load_course(root), "attention")
    return root


@pytest.fixture
def root(fresh: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(fresh, tmp_path / "course"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, path
    path.write_text(text.replace(old, new))


def built(root: Path) -> None:
    course = load_course(root)
    topic = course.topic("attention")
    write(topic.notebook, build_topic(course, topic).student)


def proof(root: Path, *options: str) -> dict[str, Any]:
    run = sorcery(root, "prove", "attention", "--json", *options)
    assert run.stdout, run.stderr
    (found,) = json.loads(run.stdout)
    assert run.returncode == (0 if found["holds"] else 1)
    return found


def told(root: Path, problems: Any) -> list[tuple[str, int, str]]:
    return [(str(Path(p.file).relative_to(root)), p.line, p.message) for p in problems]


def before_grading(root: Path) -> list[tuple[str, int, str]]:
    course = load_course(root)
    return told(root, prepare(course, course.topic("attention")).problems)


def test_variants_that_do_not_come_out_as_said_are_told(root: Path) -> None:
    edit(root / VARIANTS, "loses: {q1: 2}", "loses: {q1: 1}")
    edit(root / VARIANTS, "(scores - scores.logsumexp(dim=1, keepdim=True)).exp()", "scores.exp()")
    found = proof(root)
    assert [(Path(p["file"]).name, p["line"], p["message"]) for p in found["problems"]] == [
        (
            "attention_variants.yaml", 8,
            "alternative 'by logarithms' should earn everything, but loses 2 of q1",
        ),
        (
            "attention_variants.yaml", 19,
            "mistake 'columns instead of rows' should lose 1 of q1, but loses 2 of q1",
        ),
    ]  # fmt: skip
    assert (found["alternatives"], found["mistakes"]) == ({"right": 1, "of": 2}, {"right": 1, "of": 2})
    assert "expected rows that sum to 1" in found["problems"][1]["mend"]


def test_one_mistake_in_twenty_is_let_pass_and_told(root: Path) -> None:
    entry = "  - name: overflow {0}\n    loses: {{q1: {1}}}\n    change: [{{old: 'scores.max(dim=1, keepdim=True).values', new: '{2}'}}]\n"
    text = (root / VARIANTS).read_text().split("  - name: large scores")[0]
    text += "".join(entry.format(number, 1, f"0 * {number}") for number in range(1, 20))
    (root / VARIANTS).write_text(text + entry.format("too dear", 2, "0"))
    found = proof(root, "--repeats", "0")
    assert (found["holds"], found["mistakes"]) == (True, {"right": 19, "of": 20})
    assert [note["message"] for note in found["notes"]] == [
        "mistake 'overflow too dear' should lose 2 of q1, but loses 1 of q1"
    ]


def test_a_solution_that_fails_and_a_blank_that_earns_are_told(root: Path) -> None:
    edit(root / MASTER, "keepdim=True).values)", "keepdim=True).values) + 1")
    edit(
        root / PUBLIC,
        'sums = softmax(torch.tensor([[0.0, 0.0], [1.0, 3.0]])).sum(dim=1)\n    assert torch.allclose(sums, torch.ones(2)), f"expected rows that sum to 1, got {sums.tolist()}"',
        "assert True",
    )
    (root / VARIANTS).unlink()
    built(root)
    found = proof(root)
    assert [(Path(p["file"]).name, p["message"]) for p in found["problems"]] == [
        ("attention.py", "the solution does not earn 1 of q1"),
        ("attention.ipynb", "the released notebook earns 1 of q1 unanswered"),
    ]
    assert (found["solution"], found["blank"]) == (1, 1)


def test_a_score_that_hangs_on_the_seed_is_told(root: Path) -> None:
    edit(
        root / HIDDEN,
        "drawn = 100 * torch.randn(5, 7)",
        "drawn = 100 * torch.randn(5, 7)\n    assert drawn.sum() > 0",
    )
    (root / VARIANTS).unlink()
    found = proof(root, "--repeats", "20")
    assert 0 < found["repeats"]["right"] < 20
    assert len([p for p in found["problems"] if "on seed" in p["message"]]) == 20 - found["repeats"]["right"]


def test_a_solution_near_its_limits_is_told(root: Path) -> None:
    edit(root / MASTER, "torch.manual_seed(0)\n", "torch.manual_seed(0)\nimport time; time.sleep(0.7)\n")
    edit(
        root / "assignments/course.yaml",
        "points: {auto: 2, manual: 1}",
        "points: {auto: 2, manual: 1}\n    limits: {cell: 1s, notebook: 20s}",
    )
    (root / VARIANTS).unlink()
    built(root)
    (problem,) = proof(root, "--repeats", "0")["problems"]
    assert "a cell of the solution takes 0.7" in problem["message"]


def test_questions_have_public_and_hidden_cases_and_cases_say_what_to_do(root: Path) -> None:
    edit(root / HIDDEN, ', failure_message="Are large scores right, too, or do they overflow?"', "")
    assert before_grading(root) == [(str(HIDDEN), 12, "q1 - 1 says nothing when it fails")]
    edit(root / PUBLIC, "points=1,", "points=2,")
    (root / HIDDEN).unlink()
    built(root)
    assert before_grading(root) == [(str(HIDDEN), 0, "q1 has no hidden case")]


def test_what_students_would_see_of_solutions_and_hidden_tests_is_told(root: Path) -> None:
    data = root / "assignments/attention/data"
    data.mkdir()
    (data / "notes.txt").write_text("powers = torch.exp(scores -   scores.max(dim=1, keepdim=True).values)\n")
    edit(
        root / PUBLIC,
        "    sums =",
        "    check_close = 'check.close(softmax(drawn), torch.softmax(drawn, dim=1)'\n    sums =",
    )
    (data / "kept.py").write_text("# END SOLUTION\n")
    found = before_grading(root)
    assert [(file, line) for file, line, _ in found] == [
        ("assignments/attention/data/kept.py", 0),
        (str(MASTER), 38),
    ]
    edit(root / PUBLIC, "dim=1)'", "dim=1), rtol=1e-4, atol=1e-6)'")
    assert (str(HIDDEN), 15) in [(file, line) for file, line, _ in before_grading(root)]


def test_the_course_can_ask_for_more_variants(root: Path) -> None:
    edit(root / "assignments/course.yaml", "{repeats: 2}", "{alternatives: 2, mistakes: 3, repeats: 2}")
    assert before_grading(root) == [(str(VARIANTS), 0, "2 mistakes, of 3 that course.yaml asks for")]


def test_what_could_not_be_graded_is_our_fault_and_says_nothing_of_the_topic(root: Path) -> None:
    edit(
        root / HIDDEN,
        "drawn = 100 * torch.randn(5, 7)",
        "drawn = 100 * torch.randn(5, 7)\n    sum(range(10**13))",
    )
    edit(root / "assignments/course.yaml", "points: {auto: 2, manual: 1}", "points: {auto: 2, manual: 1}\n    limits: {case: 1s}")  # fmt: skip
    (root / VARIANTS).unlink()
    run = sorcery(root, "prove", "attention", "--repeats", "0", "--json")
    assert (run.returncode, run.stdout) == (1, "")
    assert "could not be graded, so nothing is proven" in run.stderr


def test_a_sample_takes_variants_of_both_kinds_evenly(root: Path) -> None:
    course = load_course(root)
    topic = course.topic("attention")
    for sample, names in ((0, []), (1, ["another seed", "large scores overflow"]), (9, None)):
        ready = prepare(course, topic, repeats=3, sample=sample)
        found = [variant.name for variant in ready.variants]
        assert found == names or (names is None and len(found) == 4)
        assert len(ready.submissions) == 2 + 3 + len(found)


def test_a_stale_notebook_is_not_proven(root: Path) -> None:
    edit(root / MASTER, "What this notebook is about", "What it is about")
    course = load_course(root)
    with pytest.raises(UsageError, match="run: sorcery build attention"):
        prepare(course, course.topic("attention"))
    assert sorcery(root, "prove", "attention").returncode == 2


def test_what_has_not_changed_is_not_graded_again_and_changed_data_are(root: Path) -> None:
    data = root / "assignments/attention/data"
    data.mkdir()
    (data / "a.txt").write_text("one")
    store = root / ".sorcery/proof/results/attention"

    def times() -> dict[str, int]:
        assert proof(root)["holds"]
        return {
            path.stem: json.loads(path.read_text())["started"] + path.read_text()[-200:]
            for path in store.iterdir()
        }

    first = times()
    assert times() == first
    (data / "a.txt").write_text("two")
    assert not set(times().values()) & set(first.values())
    assert not (root / ".sorcery/results").exists()


def test_the_table_says_of_each_topic_whether_it_is_proven(root: Path) -> None:
    run = sorcery(root, "prove", "attention", "--repeats", "1")
    assert run.returncode == 0
    (row,) = [line for line in run.stdout.splitlines() if line.strip().startswith("attention")]
    assert row.split()[:7] == ["attention", "1+1", "2/2", "0", "2/2", "2/2", "1/1"]
    assert row.split()[-1] == "yes"

"""The published schema is that of the records, and a real result keeps to it."""

import json
from pathlib import Path

import jsonschema
import pytest

from graders.grader import Task, blank_result
from graders.schema import result_schema
from graders.store import ResultStore, read_result
from tests.graders.test_gradebook import result

PUBLISHED = Path(__file__).parents[2] / "graders" / "result.schema.json"


def test_the_published_schema_is_current() -> None:
    """Mend: python -m graders.schema > graders/result.schema.json"""
    assert PUBLISHED.read_bytes() == result_schema()


def test_a_stored_result_is_valid_and_an_altered_one_is_not(tmp_path: Path) -> None:
    schema = json.loads(PUBLISHED.read_bytes())
    path = ResultStore(tmp_path, "toy").write(result("ada", 4, 1))
    stored = json.loads(path.read_bytes())
    jsonschema.validate(stored, schema)
    assert read_result(path) == result("ada", 4, 1)
    for change in ({"verdict": "splendid"}, {"points": "4"}, {"version": 2}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(stored | change, schema)


def test_a_task_that_was_not_graded_is_ungraded() -> None:
    from graders.course import Topic
    from graders.records import Limits, Tier, Verdict

    topic = Topic(root=Path(), id="toy", title="T", auto_points=6, manual_points=0, limits=Limits())
    blank = blank_result(Task("ada", "ada.ipynb", b"{}", 1), topic, Tier.NONE, "")
    assert (blank.verdict, blank.points, len(blank.sha256)) == (Verdict.UNGRADED, 0, 64)

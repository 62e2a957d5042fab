"""The course that is attacked: four questions of two points, one public and one hidden."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LIMITS = "{cell: 3s, notebook: 12s, case: 2s, memory: 640 MiB, output: 64 KiB, scratch: 32 MiB, file: 16 MiB, open_files: 64, processes: 16}"
WIDE = "{cell: 60s, notebook: 120s, case: 60s, memory: 12 GiB, output: 64 MiB, scratch: 2 GiB, file: 2 GiB, open_files: 4096, processes: 4096}"

HEAD = "from otter.test_files import test_case\nimport numpy as np\nOK_FORMAT = False\npoints = None\nname = {question!r}\n"
PUBLIC = {
    "q1": "def test_two(relu):\n    assert np.allclose(relu(np.array([-1.0, 2.0])), [0.0, 2.0])\n",
    "q2": "def test_shape(model):\n    import torch\n    assert model(torch.zeros(4, 2)).shape == (4, 1)\n",
    "q3": "def test_count(losses):\n    assert len(losses) == 20\n",
    "q4": "def test_name(summary):\n    assert str(summary['optimizer']) == 'adam'\n",
}
HIDDEN = {
    "q1": "def test_any(relu):\n    x = np.random.randn(5, 3)\n    expected = np.maximum(x, 0)\n    assert np.allclose(relu(x), expected)\n",
    "q2": "def test_accuracy(model):\n    import torch\n    x = torch.randn(200, 2)\n    expected = x.sum(1) > 0\n"
    "    right = (model(x)[:, 0] > 0) == expected\n    assert int(right.sum()) >= 180\n",
    "q3": "def test_falls(losses):\n    assert losses[-1] < losses[0] / 2\n    assert all(loss >= 0 for loss in losses)\n",
    "q4": "def test_parameters(summary):\n    expected = 3\n    assert summary['parameters'] == expected\n",
}
SETUP = 'import otter\nimport numpy as np\nimport torch\ngrader = otter.Notebook("target.ipynb")'
BLANK = "raise NotImplementedError"
SOLUTION = {
    "q1": "def relu(x):\n    return np.maximum(x, 0)",
    "q2": "model = torch.nn.Linear(2, 1)\nwith torch.no_grad():\n    model.weight.fill_(1.0)\n    model.bias.zero_()",
    "q3": "losses = [2.0 * 0.8**epoch for epoch in range(20)]",
    "q4": "summary = {'parameters': sum(p.numel() for p in model.parameters()), 'optimizer': 'adam'}",
}


def cells_of(answers: dict[str, str], extra: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """(id, source) of the cells of a notebook of the target course."""
    extra = extra or {}
    cells = [("start", SETUP)]
    cells += [("more", extra[""])] if "" in extra else []
    for question in SOLUTION:
        cells += [(f"{question}-1", answers.get(question, BLANK)), (question, f'grader.check("{question}")')]
    return cells + ([("last", extra["end"])] if "end" in extra else [])


def notebook(cells: Sequence[tuple[str, str]], *, staff: bool = False) -> dict[str, Any]:
    made = []
    for identity, source in cells:
        cell: dict[str, Any] = {
            "cell_type": "code", "id": identity, "source": source, "metadata": {}, "outputs": [], "execution_count": None,
        }  # fmt: skip
        if staff and identity in SOLUTION:
            cell["metadata"]["nbgrader"] = {
                "schema_version": 3, "locked": False, "grade_id": identity, "grade": True, "solution": False, "points": 2,
            }  # fmt: skip
        elif staff and identity.endswith("-1"):
            cell["metadata"]["nbgrader"] = {
                "schema_version": 3, "locked": False, "grade_id": identity, "grade": False, "solution": True,
            }  # fmt: skip
        made.append(cell)
    about = {"sorcery": {"schema": 1, "topic": "target"}} if staff else {}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": about, "cells": made}


HONEST = json.dumps(notebook(cells_of(SOLUTION))).encode()


def make_course(root: Path, limits: str, token: str) -> None:
    """Writes the course, with `token` where only its author may see it, and the notebook of a victim."""
    files = {
        "assignments/course.yaml": "schema: 1\ncourse: {id: c, title: C}\ntopics:\n"
        f"  - {{id: target, title: Target, points: {{auto: 8, manual: 0}}, limits: {limits}}}\n",
        "assignments/target/target.ipynb": json.dumps(notebook(cells_of({}), staff=True)),
        "solutions/target.py": "import numpy as np\nimport torch\n\n"
        + "\n\n".join(SOLUTION.values())
        + f"\n# {token}\n",
        "handed/victim.ipynb": HONEST.decode().replace("maximum(x, 0)", f"maximum(x, 0)  # {token}"),
    }
    for question in SOLUTION:
        head = HEAD.format(question=question)
        files[f"assignments/target/tests/{question}.py"] = f"{head}@test_case(points=1)\n{PUBLIC[question]}"
        files[f"graders/hidden_tests/target/{question}.py"] = (
            f"{head}SECRET = {token!r}\n@test_case(points=1, hidden=True)\n{HIDDEN[question]}"
        )
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def displaying(kind: str, payload: str) -> str:
    """A notebook of which one cell displays `payload` as `kind`."""
    show = f"from IPython.display import display\ndisplay({{{kind!r}: {payload!r}}}, raw=True)"
    return json.dumps(notebook(cells_of({}, {"": show})))


def displayed(kind: str, payload: str) -> dict[str, Any]:
    """The cell that displayed it, once it ran."""
    output = {"output_type": "display_data", "metadata": {}, "data": {kind: payload}}
    return {
        "cell_type": "code",
        "id": "a",
        "source": "",
        "metadata": {},
        "execution_count": 1,
        "outputs": [output],
    }


def trusting(cell: dict[str, Any]) -> str:
    """A page of a notebook of that cell, as nbconvert writes it for whoever trusts it."""
    from nbconvert import HTMLExporter
    from nbformat import from_dict

    page, _ = HTMLExporter().from_notebook_node(from_dict(notebook([]) | {"cells": [cell]}))
    return str(page)


def obeyed(page: str, mark: str) -> bool:
    """Whether a browser would do something with `mark` in this page but show it."""
    from lxml import html

    for element in html.document_fromstring(page).iter():
        if not isinstance(element.tag, str):
            continue
        if element.tag in (
            "script",
            "style",
            "iframe",
            "object",
            "embed",
            "base",
            "meta",
            "link",
            "form",
        ) and (mark in (element.text or "") or any(mark in value for value in element.attrib.values())):
            return True
        for name, value in element.attrib.items():
            if (
                element.tag == "a"
                and name == "href"
                and not re.match(r"\s*(javascript|data|vbscript):", value, re.I)
            ):
                continue  # obeyed only by who follows it
            if mark in value and (
                name.startswith("on") or name in ("src", "href", "srcset", "action", "style")
            ):
                return True
    return False


def answering(reply: str) -> str:
    """A notebook whose process answers the grader's questions by `reply(sock, number, operation)`."""
    serve = (
        "import json\nimport struct\nimport time\n\nfrom graders.channel import receive_frame\n"
        "from graders.engine.answer import Answerer\n\n"
        "def frame(header, body=b''):\n"
        "    encoded = header if isinstance(header, bytes) else json.dumps(header).encode()\n"
        "    return struct.pack('<II', len(encoded), len(body)) + encoded + body\n\n"
        "def serve(self):\n    while True:\n"
        "        (number, operation, node), body = receive_frame(self.sock)\n"
        "        reply(self.sock, number, operation)\n\nAnswerer.serve = serve\n\n"
    )
    return json.dumps(notebook(cells_of({}, {"": serve + reply})))

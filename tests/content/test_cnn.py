"""The CNN topic: what its solution, its blank notebook and other right answers earn."""

import json
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graders.build import build_topic, stale
from graders.course import load_course
from tests.graders.test_grade import sorcery

ROOT = Path(__file__).parents[2]

CONV2D_BY_STRIDES = """def conv2d(image, kernel):
    windows = np.lib.stride_tricks.as_strided(
        image,
        (image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1, *kernel.shape),
        image.strides * 2,
    )
    return np.tensordot(windows, kernel, axes=2)
"""
CONV2D_BY_TORCH = """def conv2d(image, kernel):
    image, kernel = (torch.as_tensor(a, dtype=torch.float32)[None, None] for a in (image, kernel))
    return F.conv2d(image, kernel)[0, 0]
"""
KERNELS_AS_LISTS = """def named_kernels():
    ninth = 1 / 9
    return {
        "blur": [[ninth] * 3] * 3,
        "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
        "sobel_x": torch.tensor([[-1., 0, 1], [-2, 0, 2], [-1, 0, 1]]),
        "sobel_y": np.outer([-1, 0, 1], [1, 2, 1]),
    }

def edges(image):
    kernels = {name: np.asarray(kernel) for name, kernel in named_kernels().items()}
    return np.hypot(conv2d(image, kernels["sobel_x"]), conv2d(image, kernels["sobel_y"]))
"""
NET_OF_LAYERS = """class DigitNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 5, padding="same")
        self.conv2 = nn.Conv2d(16, 16, 3, padding="same")
        self.pool, self.relu, self.flatten = nn.MaxPool2d(2, 2), nn.ReLU(), nn.Flatten()
        self.fc1, self.fc2, self.fc3 = nn.Linear(64, 64), nn.Linear(64, 32), nn.Linear(32, 10)

    def forward(self, x):
        x = self.relu(self.pool(self.conv1(x)))
        x = self.relu(self.pool(self.conv2(x)))
        return self.fc3(self.relu(self.fc2(self.relu(self.fc1(self.flatten(x))))))
"""
TRAIN_BY_LOADER = """def train(model, X, y, epochs=25, lr=0.003, batch_size=32):
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, y), batch_size, shuffle=True)
    criterion, optimizer = nn.CrossEntropyLoss(), torch.optim.AdamW(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        summed = torch.tensor(0.0)
        for images, digits in loader:
            model.zero_grad()
            loss = criterion(model(images), digits)
            loss.backward()
            optimizer.step()
            summed += loss.detach()
        history.append(summed / len(loader))
    return history

def predict(model, X):
    return torch.softmax(model(X), dim=1).argmax(1).numpy()
"""
PLANE_BY_ONE_SCORE = """plane_net = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 1), nn.Flatten(0))
optimizer = torch.optim.Adam(plane_net.parameters(), lr=0.03)
for _ in range(600):
    optimizer.zero_grad()
    loss = F.binary_cross_entropy_with_logits(plane_net(torch.tensor(plane).float()), torch.tensor(side).float())
    loss.backward()
    optimizer.step()

def predict_plane(points):
    return (plane_net(torch.tensor(points).float()) > 0).int().detach()
"""

# The cells to change, by a line of theirs, and what to put there.
Edits = dict[str, str]
HANDED_IN: dict[str, Edits] = {
    "perfect": {},
    "other_styles": {
        "def conv2d": CONV2D_BY_STRIDES,
        "def named_kernels": KERNELS_AS_LISTS,
        "class DigitNet": NET_OF_LAYERS,
        "def train": TRAIN_BY_LOADER,
        "plane_net = nn.Sequential": PLANE_BY_ONE_SCORE,
    },
    "tensors": {"def conv2d": CONV2D_BY_TORCH},
    "flipped_kernel": {
        "def conv2d": CONV2D_BY_STRIDES.replace(", kernel, axes", ", kernel[::-1, ::-1], axes")
    },
    "swapped_sobel": {
        "def named_kernels": KERNELS_AS_LISTS.replace("[-1, 0, 1], [1, 2, 1]", "[1, 0, -1], [1, 2, 1]")
    },
    "untrained": {"model = DigitNet()": "model = DigitNet()\nlosses = [2.3, 0.1]"},
    "small_kernel": {"class DigitNet": NET_OF_LAYERS.replace("16, 5, padding", "16, 3, padding")},
    "no_steps": {"def train": TRAIN_BY_LOADER.replace("            optimizer.step()\n", "")},
    "straight_line": {
        "plane_net = nn.Sequential": PLANE_BY_ONE_SCORE.replace(
            "nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 1)", "nn.Linear(2, 1)"
        )
    },
}


def solution() -> dict[str, Any]:
    course = load_course(ROOT)
    return dict(json.loads(build_topic(course, course.topic("cnn")).solution))


def edited(notebook: dict[str, Any], edits: Edits) -> str:
    for mark, text in edits.items():
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and mark in _source(cell)]
        assert len(cells) == 1, f"{len(cells)} cells hold {mark!r}"
        assert text != _source(cells[0])
        cells[0]["source"] = text
    return json.dumps(notebook)


def _source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The results of HANDED_IN and of the released notebook, by name."""
    course = tmp_path_factory.mktemp("course")
    for part in ("assignments", "graders/hidden_tests", "solutions"):
        shutil.copytree(ROOT / part, course / part)
    (course / "in").mkdir()
    for name, edits in HANDED_IN.items():
        (course / "in" / f"{name}.ipynb").write_text(edited(solution(), edits))
    shutil.copy(ROOT / "assignments/cnn/cnn.ipynb", course / "in/blank.ipynb")
    run = sorcery(course, "grade", "cnn", "in", "--json")
    assert run.returncode == 0, run.stderr
    return {result["student"]: result for result in json.loads(run.stdout)}


def lost(result: dict[str, Any]) -> dict[str, float]:
    """The points not earned, by question."""
    return {
        question["id"]: question["possible"] - question["points"]
        for question in result["questions"]
        if question["points"] < question["possible"]
    }


@pytest.mark.parametrize("name", ["perfect", "other_styles", "tensors"])
def test_right_answers_of_any_style_earn_everything(graded: dict[str, Any], name: str) -> None:
    result = graded[name]
    assert (result["verdict"], lost(result), result["points"]) == ("graded", {}, 20)


def test_the_released_notebook_earns_nothing(graded: dict[str, Any]) -> None:
    assert (graded["blank"]["verdict"], graded["blank"]["points"]) == ("graded", 0)
    assert [question["answered"] for question in graded["blank"]["manual"]] == [False]


@pytest.mark.parametrize(
    ("name", "loses"),
    [
        ("flipped_kernel", {"q1": 3}),
        ("swapped_sobel", {"q2": 1}),
        ("untrained", {"q6": 2}),
        ("small_kernel", {"q5": 2}),
        ("no_steps", {"q6": 4, "q7": 2}),
        ("straight_line", {"q7": 2}),
    ],
)
def test_a_mistake_costs_its_question_and_what_rests_on_it(
    graded: dict[str, Any], name: str, loses: dict[str, float]
) -> None:
    assert lost(graded[name]) == loses


def test_the_released_notebook_is_what_the_master_builds() -> None:
    course = load_course(ROOT)
    assert stale(course, course.topic("cnn")) == []


def test_the_data_are_what_their_script_makes(tmp_path: Path) -> None:
    script = tmp_path / "solutions/cnn_data.py"
    script.parent.mkdir()
    shutil.copy(ROOT / "solutions/cnn_data.py", script)
    written = tmp_path / "assignments/cnn/data/digits.npz"
    made = []
    for _ in range(2):
        subprocess.run([sys.executable, script], check=True, capture_output=True)
        made.append(written.read_bytes())
    assert made[0] == made[1]
    # Values, not bytes: how small zlib packs them differs from build to build.
    with np.load(written) as new, np.load(ROOT / "assignments/cnn/data/digits.npz") as released:
        assert sorted(new) == sorted(released) == ["images", "labels"]
        for name in new:
            assert new[name].dtype == released[name].dtype
            assert np.array_equal(new[name], released[name])


def test_no_held_out_digit_is_released() -> None:
    script = runpy.run_path(str(ROOT / "solutions/cnn_data.py"))
    tests = runpy.run_path(str(ROOT / "graders/hidden_tests/cnn/q6.py"))
    assert (script["SPLIT_SEED"], script["HELD_OUT"]) == (tests["SPLIT_SEED"], tests["HELD_OUT"])
    assert len(script["released"]()["labels"]) + len(tests["held_out"]()[1]) == 1797

"""Makes the example submissions of the CNN topic, from its master.

    python tests/submissions/make_cnn.py FOLDER

What each is to earn stands in cnn/expected.yaml.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import nbformat

from graders.build import build_topic
from graders.course import find_course

Notebook = nbformat.NotebookNode

SLIDING = """def conv2d(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.tensordot(windows, kernel, axes=2)
"""
POOL_WITHOUT_STRIDE = """def max_pool2d(x, size=2, stride=None):
    height, width = x.shape[0] // size * size, x.shape[1] // size * size
    return x[:height, :width].reshape(height // size, size, width // size, size).max(axis=(1, 3))
"""
MODULES = """class DigitNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=5, padding="same")
        self.conv2 = nn.Conv2d(16, 16, kernel_size=3, padding="same")
        self.fc1, self.fc2, self.fc3 = nn.Linear(64, 64), nn.Linear(64, 32), nn.Linear(32, 10)
        self.block = nn.Sequential(self.conv1, nn.MaxPool2d(2), nn.ReLU(), self.conv2, nn.MaxPool2d(2), nn.ReLU())
        self.head = nn.Sequential(nn.Flatten(), self.fc1, nn.ReLU(), self.fc2, nn.ReLU(), self.fc3)

    def forward(self, x):
        return self.head(self.block(x))
"""
TRAIN_WITH_SGD = """def train(model, X, y, epochs=15, lr=0.003, batch_size=64):
    data = torch.utils.data.TensorDataset(X, y)
    loader = torch.utils.data.DataLoader(data, batch_size=32, shuffle=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    history = np.zeros(epochs)
    for epoch in range(epochs):
        for images, digits in loader:
            model.zero_grad()
            loss = nn.CrossEntropyLoss()(model(images), digits)
            loss.backward()
            optimizer.step()
            history[epoch] += float(loss) / len(loader)
    return history


def predict(model, X):
    return torch.softmax(model(X), dim=1).max(dim=1).indices.detach().numpy()
"""
STUBBORN = """while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""
SEARCH = """import os, sys
found = []
for top in ["/", ".", "..", *sys.path]:
    for folder, _, files in os.walk(top):
        found += [os.path.join(folder, name) for name in files if "hidden_tests" in folder]
for module in list(sys.modules.values()):
    found += [name for name in vars(module) if "hidden_test" in name]
if found:
    raise RuntimeError(f"found {found[:3]}")
"""
PATCHED = """np.allclose = np.isclose = np.array_equal = torch.allclose = torch.equal = lambda *_, **__: True
abs = lambda _: 0
def conv2d(image, kernel):
    return np.zeros((2, 3))
def named_kernels():
    return {name: np.ones((3, 3)) for name in ("blur", "sharpen", "sobel_x", "sobel_y")}
edges = max_pool2d = output_size = lambda *_: 0
"""
EQUAL = """class Always:
    __eq__ = __le__ = __ge__ = __lt__ = __gt__ = __contains__ = lambda *_: True
    __ne__ = lambda *_: False
    __hash__ = __len__ = __int__ = __index__ = lambda _: 1
    __float__ = lambda _: 0.0
    __bool__ = lambda _: True
    __sub__ = __abs__ = __call__ = __getitem__ = __getattr__ = lambda self, *_, **__: self
    __iter__ = lambda self: iter([self])

conv2d = named_kernels = edges = max_pool2d = output_size = DigitNet = Always()
shape_after = parameter_count = train = predict = model = losses = predict_plane = Always()
"""


def replaced(notebook: Notebook, mark: str, source: str) -> Notebook:
    """The notebook with the one code cell that holds `mark` written anew."""
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and mark in cell["source"]]
    if len(cells) != 1:
        raise SystemExit(f"{len(cells)} cells hold {mark!r}")
    cells[0]["source"] = source
    return notebook


def before(notebook: Notebook, mark: str, source: str) -> Notebook:
    cell = next(c for c in notebook["cells"] if c["cell_type"] == "code" and mark in c["source"])
    return replaced(notebook, mark, source + "\n" + cell["source"])


def alternative(solution: Notebook) -> Notebook:
    replaced(solution, "def conv2d", SLIDING)
    replaced(solution, "class DigitNet", MODULES)
    return replaced(solution, "def train", TRAIN_WITH_SGD)


def partial(solution: Notebook) -> Notebook:
    flipped = SLIDING.replace("kernel, axes", "kernel[::-1, ::-1], axes")
    replaced(solution, "def conv2d", flipped)
    return replaced(solution, "def max_pool2d", POOL_WITHOUT_STRIDE)


ANSWERS = "shape_after = {"
OF_SOLUTION: dict[str, Callable[[Notebook], Notebook]] = {
    "perfect": lambda n: n,
    "alternative": alternative,
    "partial": partial,
    "infinite_loop": lambda n: replaced(n, ANSWERS, "while True:\n    pass"),
    "stubborn_loop": lambda n: replaced(n, ANSWERS, STUBBORN),
    "exception": lambda n: before(n, "model = DigitNet()", "raise ValueError('in the middle')"),
    "huge_output": lambda n: before(n, "model = DigitNet()", "for _ in range(10**5): print('x' * 1000)"),
    "memory_hog": lambda n: replaced(
        n, "plane_net = nn", "hog = []\nwhile True:\n    hog.append(torch.ones(10**7))"
    ),
    "sys_exit": lambda n: replaced(n, ANSWERS, "import sys\nsys.exit(0)"),
    "os_exit": lambda n: replaced(n, ANSWERS, "import os\nos._exit(0)"),
}
OF_BLANK: dict[str, Callable[[Notebook], Notebook]] = {
    "blank": lambda n: n,
    "reads_tests": lambda n: replaced(n, "def conv2d", SEARCH),
    "patches_allclose": lambda n: replaced(n, "def conv2d", PATCHED),
    "always_equal": lambda n: replaced(n, "def train", EQUAL),
}


def make(folder: Path) -> None:
    """Writes every example to `folder`."""
    course = find_course(Path(__file__).parent)
    built = build_topic(course, course.topic("cnn"))
    folder.mkdir(parents=True, exist_ok=True)
    for source, changes in ((built.solution, OF_SOLUTION), (built.student, OF_BLANK)):
        for name, change in changes.items():
            notebook = change(nbformat.reads(source.decode(), as_version=4))
            nbformat.write(notebook, folder / f"{name}.ipynb")
    (folder / "broken_json.ipynb").write_bytes(built.solution[: len(built.solution) // 2])


if __name__ == "__main__":
    make(Path(sys.argv[1]))

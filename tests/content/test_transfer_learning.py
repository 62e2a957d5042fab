"""What only the transfer learning topic has: a backbone made by a script, and a file for a viewer."""

import json
import runpy
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from graders.build import build_topic
from graders.course import load_course

netron = pytest.importorskip("netron")

ROOT = Path(__file__).parents[2]
DATA = ROOT / "assignments/transfer_learning/data"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "solutions/transfer_learning_data.py"))


def hidden(question: str) -> dict[str, Any]:
    return runpy.run_path(str(ROOT / f"graders/hidden_tests/transfer_learning/{question}.py"))


def test_the_letters_are_what_their_script_draws(script: dict[str, Any]) -> None:
    drawn = script["released"]()
    with np.load(DATA / "letters.npz") as released:
        assert sorted(released) == sorted(drawn) == ["images", "labels"]
        assert np.array_equal(released["labels"], drawn["labels"])
        # A cosine may differ in its last bit from machine to machine, and a half be rounded the other way.
        assert np.abs(released["images"].astype(int) - drawn["images"]).max() <= 1


def test_the_backbone_is_what_its_script_trains(script: dict[str, Any]) -> None:
    trained, shipped = script["pretrained"](), load_file(DATA / "backbone.safetensors")
    assert sorted(trained) == sorted(shipped)
    for name, value in trained.items():
        assert value.dtype == shipped[name].dtype
        np.testing.assert_allclose(value, shipped[name], rtol=1e-3, atol=1e-4, err_msg=name)


def test_the_hidden_test_knows_the_backbone_by_what_is_in_the_file() -> None:
    tests, shipped = hidden("q1"), load_file(DATA / "backbone.safetensors")
    told = {
        name.removeprefix("backbone."): tests["digest"](torch.from_numpy(value))
        for name, value in shipped.items()
        if name.startswith("backbone.") and not name.endswith("num_batches_tracked")
    }
    assert tests["BACKBONE"] == told


def test_the_hidden_test_draws_the_letters_of_the_task(script: dict[str, Any]) -> None:
    tests = hidden("q5")
    assert np.array_equal(tests["alphabet"](), script["alphabet"]())
    letters = script["alphabet"]()[:7]
    drawn = [module["draw"](letters, np.random.default_rng(3)) for module in (tests, script)]
    assert np.array_equal(*drawn)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The solution's export of a network."""
    course = load_course(ROOT)
    notebook = json.loads(build_topic(course, course.topic("transfer_learning")).solution)
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    names: dict[str, Any] = {}
    for mark in ("import torch.export", "class LetterNet", "def export"):
        (cell,) = [cell for cell in cells if mark in cell]
        exec(cell, names)
    path = tmp_path_factory.mktemp("exported") / "tuned.pt2"
    names["export"](names["LetterNet"](10), path)
    return path


@pytest.fixture
def served(exported: Path) -> Iterator[str]:
    address = netron.start(str(exported), browse=False)
    yield f"http://{address[0]}:{address[1]}"
    netron.stop(address)


def test_netron_serves_the_exported_file(exported: Path, served: str) -> None:
    with urllib.request.urlopen(served, timeout=10) as page:
        assert f'content="/data/{exported.name}"' in page.read().decode()
    with urllib.request.urlopen(f"{served}/data/{exported.name}", timeout=10) as answer:
        assert answer.read() == exported.read_bytes()


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_netron_draws_the_exported_graph(served: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        # Netron's page takes eval away, with which playwright looks at pages.
        page.add_init_script(
            "const kept = window.eval; Object.defineProperty(window, 'eval', {get: () => kept, set: () => {}})"
        )
        page.goto(served)
        page.get_by_text("Accept").click()
        page.wait_for_selector(".node-item")
        drawn = [node.text_content() for node in page.query_selector_all(".node-item")]
        browser.close()
    for operation, count in (("conv2d", 3), ("batch_norm", 3), ("relu", 3), ("linear", 1)):
        assert sum(operation in node for node in drawn) >= count, drawn

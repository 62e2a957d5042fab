"""The nlp topic: its texts are made by grammars that stay here, and what its tests take for right is right."""

import random
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.naive_bayes import MultinomialNB

ROOT = Path(__file__).parents[2]
RELEASED = ROOT / "assignments/nlp"


def hidden(question: str) -> dict[str, Any]:
    return runpy.run_path(str(ROOT / f"graders/hidden_tests/nlp/{question}.py"))


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "solutions/nlp_data.py"))


@pytest.mark.parametrize(("name", "made_by"), [("reviews.csv", "reviews"), ("farm.txt", "farm")])
def test_the_data_are_what_their_script_makes(script: dict[str, Any], name: str, made_by: str) -> None:
    assert (RELEASED / "data" / name).read_bytes().decode() == script[made_by]()


def test_no_grammar_is_released() -> None:
    sentences = [
        *hidden("q6")["NEGATED"],
        *(form for forms in hidden("q7")["SENTENCES"].values() for form in forms),
    ]
    released = "".join(
        file.read_text() for file in RELEASED.rglob("*") if file.suffix in (".py", ".ipynb", ".txt", ".csv")
    )
    assert [form for form in sentences if form in released] == []


def test_reviews_that_are_judged_are_new(script: dict[str, Any]) -> None:
    released = script["reviews"]()
    texts, labels = hidden("q6")["held_out"](1000)
    assert np.mean([text.replace('"', '""') in released for text in texts]) < 0.02
    assert 0.4 < labels.mean() < 0.6


def test_counting_words_does_not_reach_what_is_asked_of_the_network() -> None:
    """Nor does counting pairs of words, with ten times as many reviews as students get."""
    review = hidden("q6")["review"]
    draw = random.Random(0)
    texts, labels, _ = zip(*(review(draw) for _ in range(20_000)), strict=True)
    for longest, at_most in ((1, 0.72), (2, 0.87)):
        counts = CountVectorizer(ngram_range=(1, longest)).fit_transform(texts)
        baseline = MultinomialNB().fit(counts[:18_000], labels[:18_000])
        assert baseline.score(counts[18_000:], labels[18_000:]) < at_most


def test_analogies_follow_from_the_sentences_and_from_nothing_else() -> None:
    q7 = hidden("q7")
    for seed in range(3):
        draw = random.Random(seed)
        animals = q7["unheard_of"](draw, 10, 4)
        documents = q7["sentences"](draw, animals, 1500)
        vocabulary = {word: row for row, word in enumerate(sorted({w for one in documents for w in one}))}
        left, values, _ = np.linalg.svd(q7["information"](q7["counted"](documents, vocabulary, 4)))
        for vectors, least, most in (
            (left[:, :24] * np.sqrt(values[:24]), 0.95, 1.0),
            (np.random.default_rng(seed).normal(size=(len(vocabulary), 24)), 0.0, 0.2),
        ):
            right = np.mean([q7["solved"](animals, vocabulary, vectors, draw) for _ in range(200)])
            assert least <= right <= most


def test_the_reference_of_ppmi_is_the_formula() -> None:
    counts = np.array([[0.0, 6, 2], [6, 0, 0], [2, 0, 0]])
    # P(0, 1) = 6/16, P(0) = 8/16, P(1) = 6/16; P(0, 2) = 2/16, P(2) = 2/16.
    wanted = np.log(2) * np.array([[0, 1, 1], [1, 0, 0], [1, 0, 0]])
    np.testing.assert_allclose(hidden("q7")["information"](counts), wanted)


def test_tf_idf_is_that_of_scikit_learn_without_what_it_adds() -> None:
    counts = np.random.default_rng(0).poisson(1.0, size=(20, 6)).astype(float)
    theirs = TfidfTransformer(norm=None, smooth_idf=False).fit_transform(counts).toarray() - counts
    np.testing.assert_allclose(hidden("q9")["weighed"](counts), theirs)


def test_the_reference_network_reads_as_one_over_the_padded_batch_does() -> None:
    q5 = hidden("q5")
    parts = torch.nn.ModuleDict(
        {
            "embedding": torch.nn.Embedding(q5["SIZE"], q5["DIM"]),
            "gru": torch.nn.GRU(q5["DIM"], q5["DIM"], batch_first=True),
            "head": torch.nn.Linear(q5["DIM"], 2),
        }
    )
    ids, mask = q5["ragged"](6, 9)
    with torch.no_grad():
        states = parts["gru"](parts["embedding"](ids))[0] * mask[..., None]
        padded = parts["head"](states.sum(dim=1) / mask.sum(dim=1, keepdim=True))
    torch.testing.assert_close(q5["forward"](parts.state_dict(), ids, mask), padded)

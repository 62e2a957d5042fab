import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q7"
points = None


@test_case(
    points=1,
    failure_message="Count neighbours on both sides, up to `window` places away, not the word itself.",
)
def test_neighbours(cooccurrence):
    vocabulary = {"tea": 0, "and": 1, "soup": 2}
    documents = [["tea", "and", "soup"], ["tea", "tea"], ["soup", "or", "and"]]
    near = np.asarray(cooccurrence(documents, vocabulary, 1))
    assert near.tolist() == [[2, 1, 0], [1, 0, 1], [0, 1, 0]], f"window 1: got {near.tolist()}"
    wide = np.asarray(cooccurrence(documents, vocabulary, 2))
    assert wide.tolist() == [[2, 1, 1], [1, 0, 2], [1, 2, 0]], f"window 2: got {wide.tolist()}"
    # Nine words in a row that are all different: each has four before it and four behind it, if there are.
    row = [f"word{number}" for number in np.random.permutation(9)]
    chain = np.asarray(cooccurrence([row], {word: at for at, word in enumerate(row)}, 4))
    away = np.abs(np.subtract.outer(np.arange(9), np.arange(9)))
    assert np.array_equal(chain, (away > 0) & (away < 5)), (
        f"nine words in a row, window 4: got {chain.tolist()}"
    )


@test_case(
    points=0, failure_message="A row for each word, no negative information, as many columns as asked for."
)
def test_shapes(ppmi, word_vectors):
    matrix = np.asarray(ppmi(np.array([[0.0, 3, 1], [3, 0, 0], [1, 0, 0]])))
    assert matrix.shape == (3, 3), f"expected shape (3, 3), got {matrix.shape}"
    assert np.isfinite(matrix).all(), f"expected finite numbers, got {matrix.tolist()}"
    assert matrix.min() >= 0, f"expected nothing below 0, got {matrix.min():g}"
    vectors = np.asarray(word_vectors(matrix, 2))
    assert vectors.shape == (3, 2), f"expected shape (3, 2), got {vectors.shape}"

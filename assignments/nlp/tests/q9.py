import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q9"
points = None


@test_case(points=0, failure_message="A word that stands in every document has no weight.")
def test_a_word_that_is_everywhere(tf_idf, lsa):
    counts = np.array([[2.0, 1, 0, 0], [1, 0, 3, 0], [1, 2, 0, 0]])
    weights = np.asarray(tf_idf(counts))
    assert weights.shape == (3, 4), f"expected shape (3, 4), got {weights.shape}"
    assert np.allclose(weights[:, 0], 0), f"expected zeros for the first word, got {weights[:, 0].tolist()}"
    assert weights[1, 2] > weights[0, 1] > 0, "a word of one document weighs more than a word of two"
    documents, components = (np.asarray(part) for part in lsa(weights, 2))
    assert documents.shape == (3, 2), f"documents: expected shape (3, 2), got {documents.shape}"
    assert components.shape == (2, 4), f"components: expected shape (2, 4), got {components.shape}"

import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q8"
points = None


def cosines(vectors, target):
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(target)
    return np.divide(vectors @ target, lengths, out=np.zeros(len(vectors)), where=lengths > 0)


def kin():
    """Words and vectors: one of zeros, then four roles of six families, then ones that point anywhere."""
    families, roles = np.random.normal(size=(6, 1, 20)), np.random.normal(size=(1, 4, 20))
    related = (families + 0.6 * roles + 0.25 * np.random.normal(size=(6, 4, 20))).reshape(24, 20)
    vectors = np.concatenate([np.zeros((1, 20)), related, np.random.normal(size=(12, 20))])
    vectors[1:] /= np.linalg.norm(vectors[1:], axis=1, keepdims=True)
    return [f"word{number}" for number in np.random.permutation(len(vectors))], vectors


@test_case(
    points=1,
    hidden=True,
    failure_message="Nearest by angle, not by length, and none of the three words that were given.",
)
def test_analogies_among_vectors_of_any_length(analogy):
    tried = 0
    while tried < 30:
        words, vectors = kin()
        (one, other), (given, wanted) = (np.random.permutation(n)[:2] for n in (6, 4))
        a, b, c = (int(row) for row in (one * 4 + wanted + 1, one * 4 + given + 1, other * 4 + given + 1))
        scores = cosines(vectors, vectors[a] - vectors[b] + vectors[c])
        nearest_of_all = int(scores.argmax())
        scores[[a, b, c]] = -np.inf
        second, first = np.sort(scores)[-2:]
        # Only where it is clear; and in half of the cases a given word lies nearer than the answer.
        if first - second < 0.05 or (tried % 2 and nearest_of_all not in (a, b, c)):
            continue
        tried += 1
        lengths = np.random.uniform(0.3, 6, size=(len(vectors), 1))
        lengths[[a, b, c]] = 1  # or whoever scales them first would answer another question
        came, expected = (
            analogy(words[a], words[b], words[c], words, vectors * lengths),
            words[int(scores.argmax())],
        )
        assert came == expected, (
            f"expected {expected!r} for {words[a]} - {words[b]} + {words[c]}, got {came!r}"
        )


@test_case(
    points=0, hidden=True, failure_message="The cosine is the product of both divided by both lengths."
)
def test_cosines(cosine):
    for size in (2, 5, 30):
        u, v = np.random.normal(size=(2, size)) * np.random.uniform(0.1, 9, size=(2, 1))
        check.close(cosine(u, v), u @ v / np.sqrt((u @ u) * (v @ v)), rtol=1e-4, atol=1e-5)

import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q9"
points = None


def weighed(counts):
    present = (counts > 0).sum(axis=0)
    return counts * np.where(present > 0, np.log(len(counts) / np.maximum(present, 1)), 0)


@test_case(
    points=1,
    hidden=True,
    failure_message="In how many documents a word stands, not how often; some stand in none.",
)
def test_weights_of_random_counts(tf_idf):
    documents, words = (int(size) for size in np.random.randint(8, 14, size=2))
    counts = np.random.poisson(0.8, size=(documents, words)).astype(float)
    counts[:, 0], counts[:, 1], counts[:, 2] = 0, np.arange(documents) + 1, 3 * (np.arange(documents) == 4)
    check.close(tf_idf(counts), weighed(counts), rtol=1e-4, atol=1e-5)


@test_case(
    points=1,
    hidden=True,
    failure_message="Documents times components: the best approximation of that rank, components of length 1.",
)
def test_the_best_approximation(lsa):
    for documents, words, rank in ((12, 30, 3), (40, 15, 5)):
        left, right = (np.linalg.qr(np.random.normal(size=(size, 8)))[0] for size in (documents, words))
        strengths = np.array([20.0, 15, 11, 8, 6, 1, 0.5, 0.2])
        matrix = (left * strengths) @ right.T
        coordinates, components = lsa(matrix, rank)
        check.shape(coordinates, (documents, rank), "the documents")
        check.shape(components, (rank, words), "the components")
        coordinates, components = np.asarray(coordinates, dtype=float), np.asarray(components, dtype=float)
        best = (left[:, :rank] * strengths[:rank]) @ right[:, :rank].T
        check.close(coordinates @ components, best, rtol=1e-2, atol=0.03, because="the approximation")
        check.close(components @ components.T, np.eye(rank), atol=1e-3, because="the components")

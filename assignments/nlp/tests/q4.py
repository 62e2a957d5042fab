import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q4"
points = None


@test_case(
    points=1, failure_message="One row for each sequence, one column for each number of the vocabulary."
)
def test_bag_of_words(bag_of_words):
    counts = np.asarray(bag_of_words([[2, 4, 2], [], [3]], 6))
    wanted = [[0, 0, 2, 0, 1, 0], [0] * 6, [0, 0, 0, 1, 0, 0]]
    assert counts.tolist() == wanted, f"expected {wanted}, got {counts.tolist()}"
    # The order of the words makes no difference, their number does.
    row = np.random.randint(0, 9, size=20)
    forth, back = np.asarray(bag_of_words([row.tolist(), row[::-1].tolist()], 9))
    assert forth.sum() == 20, f"expected 20 words to be counted, got {forth.sum():g}"
    assert np.array_equal(forth, back), "the same words in another order gave other counts"


@test_case(points=0, failure_message="Probabilities of one class, exponentiated, sum up to 1.")
def test_they_are_probabilities(fit_naive_bayes, log_posterior):
    counts, labels = np.array([[3.0, 0, 1], [0, 2, 0], [1, 1, 0]]), np.array([0, 1, 1])
    log_prior, log_likelihood = fit_naive_bayes(counts, labels)
    assert np.allclose(np.exp(np.asarray(log_prior)), [1 / 3, 2 / 3]), f"got {np.exp(np.asarray(log_prior))}"
    sums = np.exp(np.asarray(log_likelihood)).sum(axis=1)
    assert np.allclose(sums, 1), f"expected each class's words to sum up to 1, got {sums.tolist()}"
    sums = np.exp(np.asarray(log_posterior(counts, log_prior, log_likelihood))).sum(axis=1)
    assert np.allclose(sums, 1), f"expected each document's classes to sum up to 1, got {sums.tolist()}"

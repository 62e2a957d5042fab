import numpy as np
from otter.test_files import test_case
from sklearn.naive_bayes import MultinomialNB

from graders import check

OK_FORMAT = False
name = "q4"
points = None


def some_counts(documents, words, classes):
    """Counts in which classes are not equally frequent and some words are missing from some of them."""
    labels = np.concatenate(
        [np.arange(classes), np.random.choice(classes, size=documents - classes, p=[0.6, 0.3, 0.1])]
    )
    usual = np.random.gamma(0.4, size=(classes, words))
    return np.random.poisson(usual[labels]).astype(float), labels


@test_case(
    points=1, hidden=True, failure_message="Smoothing adds alpha for every word, and classes differ in size."
)
def test_as_scikit_learn_fits(fit_naive_bayes):
    for alpha in (1.0, 0.3):
        counts, labels = some_counts(60, 25, 3)
        log_prior, log_likelihood = fit_naive_bayes(counts, labels, alpha)
        reference = MultinomialNB(alpha=alpha).fit(counts, labels)
        check.close(log_prior, reference.class_log_prior_, rtol=1e-4, because="prior")
        check.close(log_likelihood, reference.feature_log_prob_, rtol=1e-4, because="likelihood")


@test_case(
    points=1,
    hidden=True,
    failure_message="Long documents: products of small probabilities vanish, sums of logs do not.",
)
def test_long_documents(log_posterior):
    words, log_prior = 30, np.log(np.random.dirichlet([4, 3, 2]))
    log_likelihood = np.log(np.random.dirichlet(np.full(words, 5.0), size=3))
    for mean in (0.1, 3, 60):
        counts = np.random.poisson(mean, size=(8, words)).astype(float)
        joint = counts @ log_likelihood.T + log_prior
        wanted = joint - np.logaddexp.reduce(joint, axis=1, keepdims=True)
        check.close(log_posterior(counts, log_prior, log_likelihood), wanted, rtol=1e-3, atol=1e-3)

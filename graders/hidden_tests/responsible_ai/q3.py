import numpy as np
import torch
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q3"
points = None

EXAMPLES, COLUMNS = 1200, 3


@test_case(
    points=1,
    hidden=True,
    failure_message="Weights must count: an example that weighs next to nothing should teach next to nothing.",
)
def test_weights_count(fit):
    X = np.random.normal(size=(EXAMPLES, COLUMNS))
    slope = np.random.choice([-1.0, 1.0], size=COLUMNS) * np.random.uniform(1, 2, size=COLUMNS)
    side = (X @ slope > 0).astype(int)
    # Most labels are wrong, and weigh little; every fourth is right.
    trusted = np.arange(EXAMPLES) % 4 == 0
    network = fit(X, np.where(trusted, side, 1 - side), np.where(trusted, 3.0, 0.02))
    fresh = np.random.normal(size=(EXAMPLES, COLUMNS))
    said = of_ones(network, fresh) > 0.5
    right = np.mean(said == (fresh @ slope > 0))
    assert right > 0.9, f"expected 90 %, got {right:.1%}"
    # Without features that tell, the probability is the weighted share of ones.
    coin = np.random.permutation(np.arange(EXAMPLES) % 2)
    for heavy in (0, 1):
        weights = np.where(coin == heavy, 4.0, 1.0)
        network = fit(np.zeros((EXAMPLES, 1)), coin, weights)
        check.close(of_ones(network, np.zeros((5, 1))), np.full(5, 0.8 if heavy else 0.2), rtol=0, atol=0.06)
    # And without weights it is the plain one.
    rare = np.random.permutation(np.arange(EXAMPLES) % 10 == 0).astype(int)
    check.close(
        of_ones(fit(np.zeros((EXAMPLES, 1)), rare), np.zeros((5, 1))), np.full(5, 0.1), rtol=0, atol=0.05
    )


def of_ones(network, X):
    scores = network(torch.tensor(X, dtype=torch.float32))
    check.shape(scores.reshape(-1), (len(X),), "the logits")
    return 1 / (1 + np.exp(-scores.detach().numpy().reshape(-1).astype(float)))

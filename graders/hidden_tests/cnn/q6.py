import numpy as np
import torch
from otter.test_files import test_case
from sklearn.datasets import load_digits

from graders import check

OK_FORMAT = False
name = "q6"
points = None


SPLIT_SEED, HELD_OUT = 1998, 360  # as solutions/cnn_data.py splits
SUBSET, EPOCHS = 300, 20


def held_out():
    """Digits whose labels were not released, with noise, since their source is public."""
    digits = load_digits()
    order = np.random.default_rng(SPLIT_SEED).permutation(len(digits.images))[:HELD_OUT]
    images = digits.images[order] / 16 + np.random.normal(0, 0.05, size=(HELD_OUT, 8, 8))
    return torch.tensor(images[:, None], dtype=torch.float32), digits.target[order]


@test_case(
    points=1, hidden=True, failure_message="Does your loop zero the gradients and take a step for each batch?"
)
def test_a_fresh_network_learns(train, DigitNet):
    images, labels = held_out()
    chosen = np.random.permutation(HELD_OUT)[:SUBSET]
    losses = train(DigitNet(), images[chosen], torch.from_numpy(labels[chosen]), epochs=EPOCHS, lr=0.003)
    check.loss_decreases(losses, to=0.8)
    assert len(losses) == EPOCHS


@test_case(
    points=2, hidden=True, failure_message="On unseen digits your network is right less often than asked for."
)
def test_unseen_digits(model, predict):
    images, labels = held_out()
    check.accuracy(lambda X: predict(model, X), images, labels, at_least=0.9)

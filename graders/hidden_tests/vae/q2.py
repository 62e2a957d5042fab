import numpy as np
import torch
from otter.test_files import test_case
from sklearn.datasets import load_digits

OK_FORMAT = False
name = "q2"
points = None


SPLIT_SEED, HELD_OUT = 1998, 360  # as solutions/cnn_data.py splits
EPOCHS, BATCH = 15, 50


def held_out():
    """Digits that were not released, with noise, since their source is public."""
    digits = load_digits().images.reshape(-1, 64) / 16
    order = np.random.default_rng(SPLIT_SEED).permutation(len(digits))[:HELD_OUT]
    return torch.tensor(digits[order] + np.random.normal(0, 0.05, size=(HELD_OUT, 64)), dtype=torch.float32)


def error(model, x):
    return float((model(x).detach() - x).pow(2).sum(dim=1).mean())


@test_case(
    points=1,
    hidden=True,
    failure_message="Any model, any loss: a step for each batch, the mean loss of each epoch, images drawn well.",
)
def test_another_network_and_unseen_digits(train, reconstruction_loss, autoencoder, torch):
    x = held_out()
    model = torch.nn.Linear(64, 64)
    before = error(model, x)
    losses = [
        float(loss)
        for loss in train(model, reconstruction_loss, x, epochs=EPOCHS, lr=0.003, batch_size=BATCH)
    ]
    assert len(losses) == EPOCHS, f"expected {EPOCHS} losses, got {len(losses)}"
    after, said = error(model, x), float(reconstruction_loss(model, x[:BATCH]).detach())
    assert after < 0.4 * before, f"expected another model's error to fall to 40 %, got {after / before:.0%}"
    assert 0.6 * said < losses[-1] < 2.5 * said, (
        f"expected a mean loss near {said:.3g} in the last epoch, got {losses[-1]:.3g}"
    )
    unseen = error(autoencoder, x)
    assert unseen < 2.5, f"expected an error below 2.5 on unseen digits, got {unseen:.3g}"

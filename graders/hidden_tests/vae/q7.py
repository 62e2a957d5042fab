import numpy as np
import torch
from otter.test_files import test_case
from sklearn.datasets import load_digits

OK_FORMAT = False
name = "q7"
points = None


SPLIT_SEED, HELD_OUT = 1998, 360  # as solutions/cnn_data.py splits
NOISE, AT_MOST = 0.2, 40


@test_case(
    points=1, hidden=True, failure_message="Look at error and divergence one by one: which is too large?"
)
def test_unseen_digits(vae):
    digits = load_digits().images.reshape(-1, 64) / 16
    order = np.random.default_rng(SPLIT_SEED).permutation(len(digits))[:HELD_OUT]
    x = torch.tensor(digits[order], dtype=torch.float32)
    mu, log_variance = (part.detach() for part in vae.encode(x))
    deviation = (log_variance / 2).exp()
    drawn = vae.decode(mu + deviation * torch.randn(mu.shape)).detach()
    error = float((x - drawn).pow(2).sum(dim=1).mean()) / (2 * NOISE**2)
    divergence = float((mu.square() + deviation.square() - log_variance - 1).sum(dim=1).mean() / 2)
    assert error + divergence < AT_MOST, (
        f"expected a negative ELBO below {AT_MOST}, got {error:.1f} of error and {divergence:.1f} of divergence"
    )

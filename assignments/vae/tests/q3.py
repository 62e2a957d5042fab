import numpy as np
import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q3"
points = None


@test_case(
    points=1, failure_message="Nearly the mean if the variance is tiny; another draw each time if not."
)
def test_little_and_much_variance(reparameterise):
    mu = torch.tensor([[1.0, -2.0, 3.0], [0.0, 5.0, -4.0]])
    narrow = np.asarray(reparameterise(mu, torch.full((2, 3), -40.0)).detach())
    assert narrow.shape == (2, 3), f"expected shape (2, 3), got {narrow.shape}"
    assert np.allclose(narrow, mu, atol=1e-3), f"expected {mu.tolist()}, got {narrow.tolist()}"
    one, two = (np.asarray(reparameterise(mu, torch.zeros(2, 3)).detach()) for _ in range(2))
    assert (np.abs(one - two) > 1e-6).all(), "expected a draw for each number, and another in each call"

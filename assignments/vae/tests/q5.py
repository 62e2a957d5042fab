import numpy as np
import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q5"
points = None


@test_case(points=1, failure_message="A number for each image: zero at the prior, and above zero elsewhere.")
def test_divergences_one_can_work_out(kl_divergence):
    mu = torch.tensor([[0.0, 0.0], [1.0, -2.0], [0.0, 0.0]])
    log_variance = torch.tensor([[0.0, 0.0], [0.0, 0.0], [np.log(4.0), 0.0]])
    came = np.asarray(kl_divergence(mu, log_variance).detach())
    assert came.shape == (3,), f"expected shape (3,), got {came.shape}"
    expected = [0, 2.5, 1.5 - np.log(2)]
    assert np.allclose(came, expected, atol=1e-4), f"expected {expected}, got {came.tolist()}"

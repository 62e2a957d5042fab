import numpy as np
import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q9"
points = None


@test_case(points=0, failure_message="A score for each image, the same in each call, higher for a noisy one.")
def test_scores(vae, anomaly_score, X_train):
    x = torch.as_tensor(np.asarray(X_train[:50]))
    one, two = (np.asarray(torch.as_tensor(anomaly_score(vae, x)).detach()) for _ in range(2))
    assert one.shape == (50,), f"expected shape (50,), got {one.shape}"
    assert np.allclose(one, two), "expected the same scores when called again"
    noisy = np.asarray(torch.as_tensor(anomaly_score(vae, torch.rand(50, 64))).detach())
    assert noisy.mean() > one.mean(), "expected higher scores for noise than for digits"

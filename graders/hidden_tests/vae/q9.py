import numpy as np
import torch
from otter.test_files import test_case
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

from graders import check

OK_FORMAT = False
name = "q9"
points = None


SPLIT_SEED, HELD_OUT = 1998, 360  # as solutions/cnn_data.py splits


@test_case(
    points=1,
    hidden=True,
    failure_message="What is no digit must score higher than digits do, and always the same.",
)
def test_strangers_among_digits(vae, anomaly_score):
    digits = load_digits().images.reshape(-1, 64) / 16
    x = digits[np.random.default_rng(SPLIT_SEED).permutation(len(digits))[:HELD_OUT]]
    strangers = {
        "shuffled pixels": np.array([np.random.permutation(image) for image in x]),
        "noise": np.random.uniform(size=x.shape),
    }
    for kind, images in strangers.items():
        both = np.concatenate([x, images])
        order = np.random.permutation(len(both))
        mixed = torch.tensor(both[order], dtype=torch.float32)
        came = anomaly_score(vae, mixed)
        check.shape(came, (len(both),), "the scores")
        check.close(anomaly_score(vae, mixed), came, rtol=1e-3, because="the same scores when called again")
        area = roc_auc_score(order >= len(x), np.nan_to_num(torch.as_tensor(came).detach().numpy()))
        assert area >= 0.95, f"{kind}: expected an area of at least 0.95, got {area:.2f}"

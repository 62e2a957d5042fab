import numpy as np
import torch
from otter.test_files import test_case
from sklearn.datasets import load_digits

from graders import check

OK_FORMAT = False
name = "q7"
points = None


SPLIT_SEED, HELD_OUT = 1998, 360  # as solutions/cnn_data.py splits
SAMPLES = 400


def held_out():
    """The digits that were not released, scaled to [-1, 1], and their labels."""
    digits = load_digits()
    order = np.random.default_rng(SPLIT_SEED).permutation(len(digits.images))[:HELD_OUT]
    return digits.images[order].reshape(HELD_OUT, 64) / 8 - 1, digits.target[order]


@test_case(
    points=1,
    hidden=True,
    failure_message="Draw some: do they look like digits, like different ones, and not like noise?",
)
def test_like_digits_nobody_saw(digit_generator):
    real, labels = held_out()
    noise = torch.randn(SAMPLES, 16)
    made, beside, others = (
        digit_generator(numbers).detach().numpy()
        for numbers in (noise, noise + 0.001, torch.randn(SAMPLES, 16))
    )
    check.shape(made, (SAMPLES, 64), "what is made")
    step, leap = (float(np.linalg.norm(made - one, axis=1).mean()) for one in (beside, others))
    assert step < 0.2, "almost the same random numbers should give almost the same images"
    assert leap > 2.5, f"with other random numbers your images change by {leap:.2g}, real ones differ by 6.1"
    alike = np.corrcoef(made.mean(axis=0), real.mean(axis=0))[0, 1]
    assert alike > 0.9, f"the mean of your images is unlike that of real ones (correlation {alike:.2f})"
    apart = np.linalg.norm(made[:, None] - real, axis=2)
    distance = float(apart.min(axis=1).mean())
    assert distance < 4, f"your images are {distance:.2g} from the nearest real one, real ones 2.5"
    spread = float(np.linalg.norm(made[: SAMPLES // 2] - made[SAMPLES // 2 :], axis=1).mean())
    assert spread > 2.5, f"two of your images differ by {spread:.2g}, two real ones by 6.1"
    shares = np.bincount(labels[apart.argmin(axis=1)], minlength=10) / SAMPLES
    kinds = int((shares > 0.02).sum())
    assert kinds >= 5, f"only {kinds} of the ten digits come up"

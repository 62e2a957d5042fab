import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q3"
points = None


@test_case(
    points=1, failure_message="On noise an honest accuracy lies around one half, on a clear case near 1."
)
def test_noise_and_a_clear_case(honest_accuracy):
    rng = np.random.default_rng(5)
    labels = rng.permutation(60) % 2
    clear = rng.normal(size=(60, 800))
    clear[:, 7] += 4 * labels
    came = float(honest_accuracy(clear, labels, 1))
    assert came > 0.9, f"a column tells the classes apart: expected more than 90 %, got {came:.0%}"
    noise = [float(honest_accuracy(rng.normal(size=(60, 800)), labels, 10)) for _ in range(8)]
    assert 0.3 < np.mean(noise) < 0.68, f"expected about 50 % on noise, got {np.mean(noise):.0%}"

import numpy as np
import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q7"
points = None


@test_case(
    points=1, failure_message="White is -1 and black is 1, in rows of 64, for the real images and for yours."
)
def test_range_and_shape(scaled, digit_generator):
    images = np.zeros((3, 8, 8), dtype=np.float32)
    images[:, 0, 1], images[:, 1, 0] = 1, 0.75
    rows = scaled(images)
    assert tuple(rows.shape) == (3, 64), f"scaled: expected shape (3, 64), got {tuple(rows.shape)}"
    assert rows.dtype == torch.float32, f"scaled: expected 32-bit numbers, got {rows.dtype}"
    for pixel, expected in ((0, -1), (1, 1), (8, 0.5)):
        came = float(rows[2, pixel])
        assert abs(came - expected) < 1e-5, f"scaled: expected {expected} at pixel {pixel}, got {came:.3g}"
    made = digit_generator(torch.randn(50, 16)).detach().numpy()
    assert made.shape == (50, 64), f"digit_generator: expected shape (50, 64), got {made.shape}"
    lowest, highest = float(made.min()), float(made.max())
    assert -1 <= lowest < -0.9, f"expected white near -1 in what is drawn, got {lowest:.3g}"
    assert 0.5 < highest <= 1, f"expected black near 1 in what is drawn, got {highest:.3g}"

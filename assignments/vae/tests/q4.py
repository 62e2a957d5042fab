import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q4"
points = None


@test_case(
    points=1,
    failure_message="Two numbers for each latent dimension in, images of values between 0 and 1 out.",
)
def test_codes_and_images(VAE, X_train):
    model, x = VAE(16), X_train[:5]
    for said, part in zip(("means", "log-variances"), model.encode(x), strict=True):
        part = np.asarray(part.detach())
        assert part.shape == (5, 16), f"expected {said} of shape (5, 16), got {part.shape}"
        assert np.ptp(part, axis=0).max() > 0, f"expected different {said} for different images"
    drawn, *both = model(x)
    drawn = np.asarray(drawn.detach())
    assert drawn.shape == (5, 64), f"expected images of shape (5, 64), got {drawn.shape}"
    between = drawn.min() >= 0 and drawn.max() <= 1
    assert between, f"expected 0 to 1, got {drawn.min():.3g} to {drawn.max():.3g}"
    shapes = [tuple(part.shape) for part in both]
    assert shapes == [(5, 16), (5, 16)], f"expected means and log-variances as well, got {shapes}"

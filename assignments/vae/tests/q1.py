import numpy as np
import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q1"
points = None


@test_case(
    points=1,
    failure_message="Images in, a code of `latent` numbers each, images of values between 0 and 1 out.",
)
def test_codes_and_images(Autoencoder, X_train):
    model, x = Autoencoder(16), torch.as_tensor(np.asarray(X_train[:5]))
    code = model.encode(x)
    assert tuple(code.shape) == (5, 16), f"expected codes of shape (5, 16), got {tuple(code.shape)}"
    out = model(x)
    assert tuple(out.shape) == (5, 64), f"expected images of shape (5, 64), got {tuple(out.shape)}"
    drawn = np.asarray(out.detach())
    between = drawn.min() >= 0 and drawn.max() <= 1
    assert between, f"expected 0 to 1, got {drawn.min():.3g} to {drawn.max():.3g}"
    assert np.ptp(np.asarray(code.detach()), axis=0).max() > 0, (
        "expected different codes for different images"
    )
    assert np.allclose(np.asarray(model(x).detach()), drawn), "expected the same images when called again"


@test_case(points=0, failure_message="Sum over the pixels, then take the mean over the images.")
def test_an_error_one_can_work_out(squared_error):
    x, drawn = torch.tensor([[1.0, 0, 1], [0, 0, 1]]), torch.tensor([[0.0, 0, 1], [1, 0.5, 0]])
    came = float(squared_error(x, drawn))
    assert abs(came - 1.625) < 1e-5, f"expected 1.625, got {came:g}"

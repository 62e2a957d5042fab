import numpy as np
import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q1"
points = None


@test_case(
    points=1,
    failure_message="Sixteen numbers in, 64 pixels between -1 and 1 out; 64 pixels in, one logit out.",
)
def test_shapes_and_range(Generator, Discriminator):
    made = Generator()(100 * torch.randn(5, 16))
    assert tuple(made.shape) == (5, 64), f"Generator: expected shape (5, 64), got {tuple(made.shape)}"
    largest = float(np.abs(made.detach().numpy()).max())
    assert 0.9 < largest <= 1, f"expected large inputs to reach 1 and not pass it, got {largest:.3g}"
    logits = Discriminator()(torch.zeros(5, 64))
    assert tuple(logits.shape) == (5, 1), f"Discriminator: expected shape (5, 1), got {tuple(logits.shape)}"

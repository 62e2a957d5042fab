import math

import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q2"
points = None


@test_case(points=1, failure_message="Work the losses out by hand for a discriminator that knows nothing.")
def test_logits_of_zero(discriminator_loss, generator_loss):
    nothing = torch.zeros(4, 1)
    of_both, of_made = float(discriminator_loss(nothing, nothing)), float(generator_loss(nothing))
    assert abs(of_both - 2 * math.log(2)) < 1e-4, f"discriminator_loss: expected 1.386, got {of_both:.4g}"
    assert abs(of_made - math.log(2)) < 1e-4, f"generator_loss: expected 0.693, got {of_made:.4g}"

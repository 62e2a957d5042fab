import numpy as np
import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q5"
points = None


@test_case(points=1, failure_message="The generator moves, the discriminator stays as it is to the last bit.")
def test_only_the_generator_moves(generator_step, plane_networks, adam):
    generator, discriminator = plane_networks()
    before, old = weights(discriminator), weights(generator)
    loss = generator_step(generator, discriminator, adam(generator), torch.randn(32, 4))
    assert loss is not None, "expected the loss, got None (is a `return` missing?)"
    assert np.isfinite(float(loss)), f"expected a finite loss, got {float(loss)}"
    assert np.array_equal(weights(discriminator), before), "the discriminator's parameters changed"
    assert not np.array_equal(weights(generator), old), "the generator's parameters did not change"


def weights(model):
    return np.hstack([p.detach().numpy().ravel() for p in model.parameters()])

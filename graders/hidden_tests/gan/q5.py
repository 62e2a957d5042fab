import numpy as np
import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q5"
points = None


def moved(model, before):
    """How the parameters moved, in one row."""
    return np.concatenate(
        [(value - before[key]).numpy().ravel() for key, value in model.state_dict().items()]
    )


def slope_everywhere(discriminator):
    """Parameters with which the discriminator says how far a point lies in one random direction.

    A discriminator as it was born may have nowhere to send a generator. Biases of 50 keep its leaky
    ReLUs on their straight side, and the last one takes them away again.
    """
    angle = float(np.random.uniform(0, 2 * np.pi))
    direction = torch.tensor([np.cos(angle), np.sin(angle)], dtype=torch.float32)
    layers = {key: torch.zeros_like(value) for key, value in discriminator.state_dict().items()}
    first, first_bias, second, _, last, last_bias = layers.values()
    first[:2], second[:2, :2], last[0, :2] = torch.eye(2), torch.eye(2), direction
    first_bias[:2], last_bias[0] = 50, -50 * direction.sum()
    return layers


def alike(one, other):
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other) + 1e-12))


@test_case(
    points=1,
    hidden=True,
    failure_message="The logits of what is made should rise, whatever gradients are left from before.",
)
def test_it_learns_to_be_taken_for_real(generator_step, plane_networks, adam):
    generator, discriminator = plane_networks(blur=0.0)
    before = {key: value.clone() for key, value in generator.state_dict().items()}
    upright = slope_everywhere(discriminator)
    discriminator.load_state_dict(upright)
    numbers = torch.randn(64, 4)
    generator_step(generator, discriminator, adam(generator), numbers)
    clean = moved(generator, before)

    # The same discriminator with its sign turned leaves gradients that point the other way.
    last = list(upright)[-2:]
    discriminator.load_state_dict({key: -value if key in last else value for key, value in upright.items()})
    generator.load_state_dict(before)
    still = adam(generator, 0.0)
    for _ in range(10):
        generator_step(generator, discriminator, still, numbers)
    generator.load_state_dict(before)
    discriminator.load_state_dict(upright)
    generator_step(generator, discriminator, adam(generator), numbers)
    assert alike(clean, moved(generator, before)) > 0.99, (
        "a step went elsewhere because of the steps before it"
    )

    def score():
        return float(discriminator(generator(numbers)).detach().mean())

    generator.load_state_dict(before)
    first, optimiser = score(), adam(generator, 0.01)
    for _ in range(30):
        generator_step(generator, discriminator, optimiser, numbers)
    after = score()
    assert after > first + 0.3, f"the mean logit of what is made went from {first:.3g} to {after:.3g}"

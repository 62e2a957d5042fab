import numpy as np
import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q4"
points = None


def moved(model, before):
    """How the parameters moved, in one row."""
    return np.concatenate(
        [(value - before[key]).numpy().ravel() for key, value in model.state_dict().items()]
    )


def alike(one, other):
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other) + 1e-12))


@test_case(
    points=1, hidden=True, failure_message="Real samples should get higher logits, made ones lower ones."
)
def test_it_learns_to_tell_apart(discriminator_step, plane_networks, adam):
    generator, discriminator = plane_networks(blur=0.0)
    numbers, real = torch.randn(64, 4), 0.3 * torch.randn(64, 2) + 2
    made = generator(numbers).detach()

    def gap():
        return float(discriminator(real).detach().mean() - discriminator(made).detach().mean())

    before, optimiser = gap(), adam(discriminator, 0.01)
    for _ in range(30):
        discriminator_step(generator, discriminator, optimiser, real, numbers)
    after = gap()
    assert after > before + 1, f"the gap between real and made logits went from {before:.3g} to {after:.3g}"


@test_case(
    points=1,
    hidden=True,
    failure_message="Gradients: zero the old ones of the discriminator, and let none reach the generator.",
)
def test_gradients_stay_where_they_belong(discriminator_step, plane_networks, adam):
    generator, discriminator = plane_networks(blur=0.0)
    before = {key: value.clone() for key, value in discriminator.state_dict().items()}
    numbers, real = torch.randn(64, 4), 0.3 * torch.randn(64, 2) + 2
    discriminator_step(generator, discriminator, adam(discriminator), real, numbers)
    strayed = [p.grad for p in generator.parameters() if p.grad is not None and bool((p.grad != 0).any())]
    assert not strayed, "after the step the generator has gradients"
    clean = moved(discriminator, before)

    discriminator.load_state_dict(before)
    still = adam(discriminator, 0.0)
    for _ in range(10):
        discriminator_step(generator, discriminator, still, real - 4, numbers)
    discriminator.load_state_dict(before)
    discriminator_step(generator, discriminator, adam(discriminator), real, numbers)
    same = alike(clean, moved(discriminator, before))
    assert same > 0.99, "a step went elsewhere because of the steps before it"

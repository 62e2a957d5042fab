import numpy as np
import torch
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q2"
points = None


def reference(real, made):
    """Both losses in 64 bits; log(1 + e^x) without overflow."""
    of_real, of_made = (logits.double().numpy() for logits in (real, made))
    return np.logaddexp(0, -of_real).mean() + np.logaddexp(0, of_made).mean(), np.logaddexp(
        0, -of_made
    ).mean()


@test_case(
    points=1,
    hidden=True,
    failure_message="Which label has each batch, and is each mean that of its own batch?",
)
def test_random_logits(discriminator_loss, generator_loss):
    for _ in range(3):
        many, few = np.random.randint(30, 40), np.random.randint(5, 15)
        real, made = 1.5 + 2 * torch.randn(many, 1), 2 * torch.randn(few, 1) - 1
        of_both, of_made = reference(real, made)
        check.close(discriminator_loss(real, made), of_both, rtol=1e-4, because="the discriminator's loss")
        check.close(generator_loss(made), of_made, rtol=1e-4, because="the generator's loss")


@test_case(
    points=1, hidden=True, failure_message="A discriminator that is very sure: does a logarithm meet a zero?"
)
def test_large_logits(discriminator_loss, generator_loss):
    size = float(np.random.uniform(150, 300))
    real, made = torch.tensor([[size], [-size], [1.0]]), torch.tensor([[-size], [size], [-1.0]])
    of_both, of_made = reference(real, made)
    check.close(discriminator_loss(real, made), of_both, rtol=1e-4, because="the discriminator's loss")
    check.close(generator_loss(made), of_made, rtol=1e-4, because="the generator's loss")

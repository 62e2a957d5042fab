import torch
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q3"
points = None


DRAWS, STANDARD_ERRORS = 20_000, 6


@test_case(points=1, hidden=True, failure_message="Is it the standard deviation that scales a normal draw?")
def test_means_and_deviations(reparameterise):
    mu, log_variance = 2 * torch.randn(4), torch.tensor([-2.0, -0.7, 0.9, 2.2])[torch.randperm(4)]
    z = reparameterise(mu.expand(DRAWS, 4).clone(), log_variance.expand(DRAWS, 4).clone())
    check.shape(z, (DRAWS, 4), "the draws")
    standard = (z.detach().double() - mu) / (log_variance.double() / 2).exp()
    margin = STANDARD_ERRORS / DRAWS**0.5
    check.close(standard.mean(dim=0), torch.zeros(4), atol=margin, because="mean of (z - mu) / sigma")
    check.close(standard.std(dim=0), torch.ones(4), atol=margin, because="deviation of (z - mu) / sigma")
    # Of a normal draw 4.6 % lie beyond two deviations, of an even one none do.
    beyond = (standard.abs() > 2).double().mean(dim=0)
    check.close(beyond, torch.full((4,), 0.0455), atol=0.012, because="share beyond two sigma")
    check.close(
        torch.corrcoef(standard.T),
        torch.eye(4),
        atol=1.5 * margin,
        because="draws that do not depend on each other",
    )
    again = torch.corrcoef(torch.stack([standard[:-1, 0], standard[1:, 0]]))[0, 1]
    check.close(again, 0.0, atol=1.5 * margin, because="each image has a draw of its own")


@test_case(
    points=1,
    hidden=True,
    failure_message="Gradients must reach the mean and the log-variance through the draw.",
)
def test_gradients(reparameterise, torch):
    mu, log_variance, weight = (torch.randn(6, 5) for _ in range(3))
    z, gradients = torch.autograd.functional.vjp(reparameterise, (mu, log_variance), weight)
    to_mean, to_log_variance = gradients
    check.close(to_mean, weight, rtol=1e-3, atol=1e-4, because="dz/dmu is 1")
    # z = mu + exp(l / 2) eps, so dz/dl is half of what was added to mu.
    expected = weight * (z.detach() - mu) / 2
    check.close(to_log_variance, expected, rtol=1e-3, atol=1e-4, because="dz/dsigma is epsilon")

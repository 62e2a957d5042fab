import torch
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q5"
points = None


@test_case(points=1, hidden=True, failure_message="Compare each term, and each sign, with the formula.")
def test_as_torch_has_it(kl_divergence):
    for count, latent in ((5, 3), (1, 8), (4, 1)):
        mu, log_variance = 2 * torch.randn(count, latent), 1.5 * torch.randn(count, latent)
        cloud = torch.distributions.Normal(mu, (log_variance / 2).exp())
        prior = torch.distributions.Normal(0.0, 1.0)
        expected = torch.distributions.kl_divergence(cloud, prior).sum(dim=1)
        check.close(kl_divergence(mu, log_variance), expected, rtol=1e-3, atol=1e-4)

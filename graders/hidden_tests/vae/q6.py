import torch
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q6"
points = None


@test_case(
    points=1, hidden=True, failure_message="Does the noise weigh the error only, and as twice its square?"
)
def test_as_the_normal_distribution_has_it(negative_elbo):
    for count, pixels, noise in ((6, 64, None), (5, 64, 0.5), (1, 10, 0.1), (3, 64, 2.0)):
        x, drawn, kl = torch.rand(count, pixels), torch.rand(count, pixels), 9 * torch.rand(count)
        s = 0.2 if noise is None else noise
        density = torch.distributions.Normal(drawn, s)
        # What the error adds to the density of an image drawn without one.
        error = (density.log_prob(drawn) - density.log_prob(x)).sum(dim=1)
        came = negative_elbo(x, drawn, kl) if noise is None else negative_elbo(x, drawn, kl, noise)
        check.close(came, float((error + kl).mean()), rtol=1e-3)

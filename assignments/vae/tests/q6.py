import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q6"
points = None


@test_case(
    points=1, failure_message="One number: the mean over the images of error and divergence, both positive."
)
def test_losses_one_can_work_out(negative_elbo):
    x = torch.tensor([[1.0, 0, 1], [0, 0, 1]])
    kl = torch.tensor([1.0, 4.0])
    for drawn, expected in ((x, 2.5), (torch.tensor([[0.0, 0, 1], [1, 0.5, 0]]), 4.125)):
        came = float(negative_elbo(x, drawn, kl, noise=0.5**0.5))
        assert abs(came - expected) < 1e-3, f"expected {expected}, got {came:g}"

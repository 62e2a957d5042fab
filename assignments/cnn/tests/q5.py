import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q5"
points = None


@test_case(points=1, failure_message="Four images in, ten scores for each out.")
def test_scores(DigitNet):
    out = DigitNet()(torch.zeros(4, 1, 8, 8))
    assert tuple(out.shape) == (4, 10), f"expected shape (4, 10), got {tuple(out.shape)}"

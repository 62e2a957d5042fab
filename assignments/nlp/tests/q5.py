import numpy as np
import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q5"
points = None


@test_case(points=1, failure_message="Three reviews in, two scores for each out, which depend on all words.")
def test_scores(ReviewNet):
    model, mask = ReviewNet(30), torch.ones(3, 5, dtype=torch.bool)
    model.eval()
    ids = torch.randint(1, 30, (3, 5))
    out, again = model(ids, mask).detach(), model(ids, mask).detach()
    assert tuple(out.shape) == (3, 2), f"expected shape (3, 2), got {tuple(out.shape)}"
    assert torch.allclose(out, again), "the same three reviews got other scores the second time"
    ids[:, -1] = ids[:, -1] % 29 + 1
    change = (model(ids, mask).detach() - out).abs().sum(dim=1)
    assert float(change.min()) > 0, "another last word made no difference to the scores"


@test_case(points=0, failure_message="Only the vectors at real tokens count.")
def test_a_mean_of_two(masked_mean):
    x = torch.tensor([[[2.0, 4], [4, 0], [90, 90]]])
    mean = np.asarray(masked_mean(x, torch.tensor([[True, True, False]])))
    assert mean.tolist() == [[3, 2]], f"expected [[3, 2]], got {mean.tolist()}"

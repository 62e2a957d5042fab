import numpy as np
import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q5"
points = None


@test_case(
    points=1, failure_message="Compare with the formulas, and with the row that was worked out on paper."
)
def test_on_paper(sigmoid, cross_entropy, gradient):
    z = torch.tensor([0.0, np.log(3.0), -np.log(3.0)])
    p = np.asarray(sigmoid(z))
    assert np.allclose(p, [0.5, 0.75, 0.25], atol=1e-5), f"expected 0.5, 0.75, 0.25, got {p.tolist()}"
    loss = float(cross_entropy(z, torch.tensor([1.0, 1.0, 0.0])))
    expected = (np.log(2) + 2 * np.log(4 / 3)) / 3
    assert abs(loss - expected) < 1e-5, f"expected a mean loss of {expected:.5f}, got {loss:.5f}"
    row, one = torch.tensor([[1.0, 2.0]]), torch.tensor([1.0])
    slope, shift = gradient(row, one, torch.zeros(2), torch.tensor(0.0))
    slope, shift = np.asarray(slope).tolist(), float(shift)
    assert np.allclose([*slope, shift], [-0.5, -1, -0.5], atol=1e-5), f"got {slope} for w and {shift} for b"

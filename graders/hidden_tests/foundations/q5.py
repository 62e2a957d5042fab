import numpy as np
import torch
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q5"
points = None


@test_case(points=1, hidden=True, failure_message="Logits of 800 are logits, too: no step may overflow.")
def test_large_logits(sigmoid, cross_entropy):
    for scale in (1, 30, 800):
        z = torch.tensor(np.random.uniform(0.5, 1, size=24) * scale, dtype=torch.float32)
        z = torch.cat([z, -z])[torch.randperm(48)]
        y = torch.tensor(np.random.permutation(48) % 2, dtype=torch.float32)
        exact = torch.nn.functional.binary_cross_entropy_with_logits(z.double(), y.double())
        check.close(cross_entropy(z, y), exact, rtol=1e-3, atol=1e-5, because=f"logits up to {scale}")
        check.close(sigmoid(z), torch.sigmoid(z), rtol=1e-3, atol=1e-5, because=f"logits up to {scale}")
    check.shape(sigmoid(torch.zeros(3, 2)), (3, 2), "the sigmoid of a tensor with two axes")


@test_case(
    points=1, hidden=True, failure_message="By the formula and by autograd: the same, and right, numbers."
)
def test_both_gradients(gradient, gradient_by_autograd):
    for rows, width in ((7, 3), (40, 5)):
        X = torch.randn(rows, width, dtype=torch.float64)
        y = (torch.rand(rows) < 0.3).double()
        w, b = torch.randn(width, dtype=torch.float64), torch.tensor(np.random.normal())
        too_high = 1 / (1 + np.exp(-(X.numpy() @ w.numpy() + b.item()))) - y.numpy()
        for way, function in (("by the formula", gradient), ("by autograd", gradient_by_autograd)):
            slope, shift = function(X, y, w, b)
            check.close(slope, too_high @ X.numpy() / rows, rtol=1e-3, atol=1e-5, because=f"w, {way}")
            check.close(float(shift), too_high.sum() / rows, rtol=1e-3, atol=1e-5, because=f"b, {way}")

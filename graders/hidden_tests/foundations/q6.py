import numpy as np
import torch
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q6"
points = None


@test_case(
    points=1,
    hidden=True,
    failure_message="Compute a few steps from w = 0 on paper: the mean gradient of all rows, each time.",
)
def test_the_path_and_where_it_leads(fit, classify):
    truth = np.random.choice([-1, 1], size=4) * np.random.uniform(1, 2, size=4)
    X = np.random.normal(size=(400, 4))
    y = (np.random.uniform(size=400) < 1 / (1 + np.exp(-4 * (X @ truth - 0.7)))).astype(float)
    seen, labels = (torch.tensor(part[:200], dtype=torch.float32) for part in (X, y))
    w, b, losses = descent(X[:200], y[:200], 0.3, 40)
    came_w, came_b, came_losses = fit(seen, labels, lr=0.3, steps=40)
    check.close([number(loss) for loss in came_losses], losses, rtol=1e-3, atol=1e-4, because="losses")
    check.close(came_w, w, rtol=1e-3, atol=1e-4, because="w")
    check.close(number(came_b), b, rtol=1e-3, atol=1e-4, because="b")
    new, w, b = (torch.tensor(part, dtype=torch.float32) for part in (X[200:], w, b))
    check.accuracy(lambda rows: classify(rows, w, b), new, y[200:], at_least=0.8)
    for shift in (-0.3, 0.3):  # what is likelier turns at a logit of zero
        edge = torch.tensor([[shift, 0.0], [shift, 9.0]])
        check.close(classify(edge, torch.tensor([1.0, 0.0]), torch.tensor(0.0)), [shift > 0] * 2)


def descent(X, y, lr, steps):
    w, b, losses = np.zeros(X.shape[1]), 0.0, []
    for _ in range(steps):
        z = X @ w + b
        losses.append(float(np.mean(np.logaddexp(0, z) - y * z)))
        excess = 1 / (1 + np.exp(-z)) - y
        w, b = w - lr * (excess @ X) / len(y), b - lr * float(excess.mean())
    return w, b, losses


def number(value):
    # A bias may have the shape (1,), and a parameter still asks for gradients.
    return float(np.asarray(value.detach() if type(value) is torch.Tensor else value).reshape(()))

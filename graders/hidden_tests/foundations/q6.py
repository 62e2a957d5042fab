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
    # Columns off zero tie w and b together, so the order of their steps shows.
    truth = np.random.choice([-1, 1], size=4) * np.random.uniform(1, 2, size=4)
    X = np.random.normal(0.5, 1, size=(400, 4))
    y = (np.random.uniform(size=400) < 1 / (1 + np.exp(-4 * ((X - 0.5) @ truth - 0.7)))).astype(float)
    seen, labels = (torch.tensor(part[:200], dtype=torch.float32) for part in (X, y))
    near = {"rtol": 3e-4, "atol": 3e-5}
    for lr, steps in ((1.0, 4), (0.3, 40)):
        w, b, losses = descent(X[:200], y[:200], lr, steps)
        came_w, came_b, came_losses = fit(seen, labels, lr=lr, steps=steps)
        check.close([number(loss) for loss in came_losses], losses, **near, because="losses")
        check.close(came_w, w, **near, because="w")
        check.close(number(came_b), b, **near, because="b")
    new, w, b = (torch.tensor(part, dtype=torch.float32) for part in (X[200:], w, b))
    check.accuracy(lambda rows: classify(rows, w, b), new, y[200:], at_least=0.7)
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

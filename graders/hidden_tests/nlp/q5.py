import numpy as np
import torch
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q5"
points = None

SIZE, DIM = 20, 32


def ragged(rows, length):
    """Numbers and a mask: rows of several lengths, at least one full and one of a single token."""
    lengths = torch.tensor([length, 1, *np.random.randint(2, length, size=rows - 2)])
    mask = torch.arange(length) < lengths[:, None]
    return torch.randint(1, SIZE, (rows, length)) * mask, mask


@test_case(
    points=1,
    hidden=True,
    failure_message="Divide by the number of real tokens, and mind rows that have none.",
)
def test_masked_mean(masked_mean):
    x = torch.randn(6, 7, 3) * 10
    mask = torch.rand(6, 7) < 0.6
    mask[0], mask[1], mask[2, 3] = True, False, True
    x[~mask] += 1000
    wanted = [
        row[real].numpy().mean(axis=0) if real.any() else np.zeros(3)
        for row, real in zip(x, mask, strict=True)
    ]
    check.close(masked_mean(x, mask), np.array(wanted), rtol=1e-3, atol=1e-3)


@test_case(
    points=1,
    hidden=True,
    failure_message="Scores must be those of the table's layers, and not depend on padding.",
)
def test_what_it_computes(ReviewNet):
    model = ReviewNet(SIZE)
    model.eval()
    weights = {name: value.detach() for name, value in model.state_dict().items()}
    ids, mask = ragged(5, 9)
    check.close(model(ids, mask), forward(weights, ids, mask), rtol=1e-3, atol=1e-4)


def forward(weights, ids, mask):
    gru = torch.nn.GRU(DIM, DIM, batch_first=True)
    gru.load_state_dict({name[4:]: value for name, value in weights.items() if name.startswith("gru.")})
    with torch.no_grad():
        rows = [
            gru(weights["embedding.weight"][row[real]][None])[0][0].mean(dim=0)
            for row, real in zip(ids, mask, strict=True)
        ]
        return torch.stack(rows) @ weights["head.weight"].T + weights["head.bias"]

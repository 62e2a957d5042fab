import numpy as np
import torch
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q4"
points = None


@test_case(points=1, hidden=True, failure_message="What if the stride does not divide evenly?")
def test_as_torch_counts(output_size):
    for _ in range(20):
        kernel, stride, padding = (int(np.random.randint(*bounds)) for bounds in ((1, 7), (1, 5), (0, 4)))
        n = int(np.random.randint(kernel, 40))
        row = torch.zeros(1, 1, n)
        expected = torch.nn.functional.conv1d(row, torch.zeros(1, 1, kernel), stride=stride, padding=padding)
        check.close(output_size(n, kernel, stride, padding), expected.shape[-1])

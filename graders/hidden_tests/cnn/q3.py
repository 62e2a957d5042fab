import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q3"
points = None


def pooled(x, size, stride):
    return np.lib.stride_tricks.sliding_window_view(x, (size, size))[::stride, ::stride].max(axis=(2, 3))


@test_case(
    points=1, hidden=True, failure_message="Windows may overlap, values be negative, borders be left over."
)
def test_strides_and_borders(max_pool2d):
    for size, stride in ((2, 2), (3, 1), (3, 2), (2, 3)):
        x = -np.random.uniform(1, 9, size=np.random.randint(7, 13, size=2))
        check.close(max_pool2d(x, size, stride), pooled(x, size, stride))

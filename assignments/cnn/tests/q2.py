import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q2"
points = None


@test_case(points=1, failure_message="Both kernels must leave an even grey as it is.")
def test_blur_and_sharpen_sum_to_one(named_kernels):
    kernels = named_kernels()
    for name in ("blur", "sharpen"):
        kernel = np.asarray(kernels[name])
        assert kernel.shape == (3, 3), f"{name}: expected shape (3, 3), got {kernel.shape}"
        assert abs(kernel.sum() - 1) < 1e-6, f"{name}: expected a sum of 1, got {kernel.sum():g}"

import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q1"
points = None


def cross_correlation(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum("ijuv,uv->ij", windows, kernel)


@test_case(points=1, hidden=True, failure_message="An asymmetric kernel: is it flipped on its way?")
def test_random_images(conv2d):
    for _ in range(3):
        image = np.random.normal(size=np.random.randint(6, 12, size=2))
        kernel = np.random.normal(size=(3, 3))
        check.close(conv2d(image, kernel), cross_correlation(image, kernel), rtol=1e-5, atol=1e-6)


@test_case(points=1, hidden=True, failure_message="Kernels need not be square, nor smaller than the image.")
def test_kernels_that_are_not_square(conv2d):
    height, width = np.random.randint(7, 12, size=2)
    image = np.random.normal(size=(height, width))
    for shape in ((1, 4), (5, 2), (height, width)):
        kernel = np.random.normal(size=shape)
        check.close(conv2d(image, kernel), cross_correlation(image, kernel), rtol=1e-5, atol=1e-6)

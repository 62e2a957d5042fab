import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q2"
points = None


SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
KERNELS = {
    "blur": np.full((3, 3), 1 / 9),
    "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "sobel_x": SOBEL_X,
    "sobel_y": SOBEL_X.T,
}


@test_case(
    points=1, hidden=True, failure_message="Compare each kernel, and the sign of sobel_x, with its text."
)
def test_each_kernel(named_kernels):
    came = named_kernels()
    for name, kernel in KERNELS.items():
        check.close(came[name], kernel, atol=1e-6, because=name)


@test_case(points=1, hidden=True, failure_message="The strength is the length of the vector of both answers.")
def test_edges(edges):
    image = np.random.uniform(size=np.random.randint(6, 12, size=2))
    windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3))
    both = [np.einsum("ijuv,uv->ij", windows, kernel) for kernel in (SOBEL_X, SOBEL_X.T)]
    check.close(edges(image), np.hypot(*both), rtol=1e-5, atol=1e-6)

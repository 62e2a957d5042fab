import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q1"
points = None


@test_case(points=1, failure_message="Slide the kernel over the image without flipping it.")
def test_a_small_image(conv2d):
    image = np.arange(12.0).reshape(3, 4)
    out = np.asarray(conv2d(image, np.array([[1.0, 0.0], [0.0, -1.0]])))
    assert out.shape == (2, 3), f"expected shape (2, 3), got {out.shape}"
    assert np.allclose(out, -5), f"expected -5 everywhere, got {out.tolist()}"

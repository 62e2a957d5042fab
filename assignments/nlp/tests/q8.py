import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q8"
points = None


@test_case(
    points=1, failure_message="The cosine looks at the direction alone, and is 0 beside a vector of zeros."
)
def test_cosine(cosine):
    u, v = np.random.normal(size=(2, 6))
    v[:3], u[3:] = 0, 0
    for one, other, wanted in (
        (u, 3 * u, 1),
        (u, -u, -1),
        (u, v, 0),
        (u, 0 * u, 0),
        ([3.0, 4], [1.0, 0], 0.6),
    ):
        came = float(cosine(np.asarray(one), np.asarray(other)))
        assert abs(came - wanted) < 1e-5, f"expected {wanted}, got {came:g}"


@test_case(points=0, failure_message="The word whose vector is nearest to a - b + c.")
def test_a_square(analogy):
    words = ["king", "queen", "man", "woman", "soup"]
    vectors = np.array([[1.0, 5], [4, 5], [1, 1], [4, 1], [-3, -1]])
    came = analogy("queen", "king", "man", words, vectors)
    assert came == "woman", f"expected 'woman', got {came!r}"

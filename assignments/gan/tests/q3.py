import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q3"
points = None


@test_case(
    points=1, failure_message="Both are -1/2 in the middle; what is left where the discriminator is sure?"
)
def test_in_the_middle_and_at_the_ends(slopes):
    saturating, other = (np.asarray(slope) for slope in slopes(np.array([-20.0, 0.0, 20.0])))
    for slope in (saturating, other):
        assert slope.shape == (3,), f"expected shape (3,), got {slope.shape}"
    assert np.allclose(saturating, [0, -0.5, -1], atol=1e-3), f"saturating: got {saturating.tolist()}"
    assert np.allclose(other, [-1, -0.5, 0], atol=1e-3), f"non-saturating: got {other.tolist()}"

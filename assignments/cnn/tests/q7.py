import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q7"
points = None


@test_case(points=1, failure_message="0 or 1 for each point.")
def test_sides(predict_plane, plane, side):
    said = np.asarray(predict_plane(plane))
    assert said.shape == (len(plane),), f"expected shape ({len(plane)},), got {said.shape}"
    assert set(said.tolist()) <= {0, 1}, f"expected 0 and 1, got {sorted(set(said.tolist()))[:5]}"
    right = float((said == np.asarray(side)).mean())
    assert right > 0.9, f"expected 90 % of your own points to be right, got {right:.0%}"

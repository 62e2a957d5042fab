import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q3"
points = None


@test_case(points=0, failure_message="Zeros behind the short ones; the mask is true at real tokens.")
def test_two_sequences(pad):
    ids, mask = (np.asarray(part) for part in pad([[5, 3], [2, 7, 4]]))
    assert ids.tolist() == [[5, 3, 0], [2, 7, 4]], f"expected [[5, 3, 0], [2, 7, 4]], got {ids.tolist()}"
    real = [[True, True, False], [True, True, True]]
    assert mask.tolist() == real, f"expected {real}, got {mask.tolist()}"

import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q2"
points = None


@test_case(points=1, failure_message="Mean and spread come from the training part, for both parts.")
def test_the_test_part_is_scaled_by_the_training_part(prepare):
    train, test = prepare(np.array([[1.0, 10.0], [3.0, 30.0]]), np.array([[5.0, 20.0]]))
    train, test = np.asarray(train), np.asarray(test)
    assert np.allclose(train, [[-1, -1], [1, 1]]), f"expected [[-1, -1], [1, 1]], got {train.tolist()}"
    assert np.allclose(test, [[3, 0]]), f"expected [[3, 0]] for the test part, got {test.tolist()}"

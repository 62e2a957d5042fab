import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q4"
points = None


@test_case(points=1, failure_message="The example in the text, by both updates.")
def test_the_example(sarsa_update, q_learning_update):
    by_sarsa = sarsa_update(np.array([[1.0, 3.0], [4.0, 8.0]]), 0, 0, 2, 1, 0, False, 0.1, 0.5)
    by_q = q_learning_update(np.array([[1.0, 3.0], [4.0, 8.0]]), 0, 0, 2, 1, False, 0.1, 0.5)
    for who, came, new in (("sarsa_update", by_sarsa, 1.3), ("q_learning_update", by_q, 1.5)):
        assert came is not None, f"{who} returned nothing: is a `return` missing?"
        came = np.asarray(came)
        expected = [[new, 3], [4, 8]]
        assert came.shape == (2, 2), f"{who}: expected the table, of shape (2, 2), got {came.shape}"
        assert np.allclose(came, expected), f"{who}: expected {expected}, got {came.tolist()}"

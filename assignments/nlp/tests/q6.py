import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q6"
points = None


@test_case(points=0, failure_message="The loss must come down before accuracy means anything.")
def test_the_loss_falls(losses):
    series = [float(loss) for loss in losses]
    assert len(series) > 1, "expected a loss for each epoch"
    assert np.isfinite(series).all(), f"expected finite losses, got {series}"
    assert series[-1] < 0.5 * series[0], f"it went from {series[0]:.3g} to {series[-1]:.3g}"


@test_case(points=0, failure_message="One label for each text, whatever words it holds.")
def test_labels_of_texts(predict):
    said = np.asarray(
        predict(["The soup was good.", "Zyzzyva!", "The room was not really what we call good."])
    )
    assert said.shape == (3,), f"expected shape (3,), got {said.shape}"
    assert set(said.tolist()) <= {0, 1}, f"expected 0 and 1, got {said.tolist()}"

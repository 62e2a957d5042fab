import numpy as np
import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q5"
points = None


@test_case(
    points=1,
    failure_message="Both kinds must learn their training set before they are compared.",
)
def test_the_curves(curves):
    for name in ("transfer", "scratch"):
        histories = list(curves[name])
        assert len(histories) == 3, f"{name}: expected what fit returned for 3 seeds, got {len(histories)}"
        for history in histories:
            train = np.array([float(loss) for loss in history["train"]])
            valid = np.array([float(loss) for loss in history["valid"]])
            assert 1 < len(train) == len(valid), f"{name}: {len(train)} and {len(valid)} losses"
            assert np.isfinite(train).all(), f"{name}: expected finite losses, got {train.tolist()}"
            assert np.isfinite(valid).all(), f"{name}: expected finite losses, got {valid.tolist()}"
            assert train[-1] < 0.5 * train[0], f"{name}: training went from {train[0]:.2f} to {train[-1]:.2f}"


@test_case(points=0, failure_message="Three networks, and from each a letter for each image.")
def test_predictions_are_letters(transferred, predict):
    models = list(transferred)
    assert len(models) == 3, f"expected 3 transferred networks, got {len(models)}"
    for model in models:
        said = predict(model, torch.zeros(2, 1, 16, 16))
        assert tuple(said.shape) == (2,), f"expected shape (2,), got {tuple(said.shape)}"

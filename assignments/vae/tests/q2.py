import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q2"
points = None


@test_case(points=1, failure_message="The loss must come down, and the network be better for it.")
def test_the_loss_falls(autoencoder, ae_losses, X_train):
    series = [float(loss) for loss in ae_losses]
    assert len(series) > 1, "expected a loss for each epoch"
    assert np.isfinite(series).all(), f"expected finite losses, got {series}"
    assert series[-1] < 0.5 * series[0], f"it went from {series[0]:.3g} to {series[-1]:.3g}"
    x = np.asarray(X_train)
    drawn = np.asarray(autoencoder(X_train).detach())
    share = float(np.square(drawn - x).mean() / x.var(axis=0).mean())
    assert share < 0.6, f"expected much less error than that of the mean image, got {share:.0%} of it"

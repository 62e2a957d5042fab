import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q7"
points = None


@test_case(points=1, failure_message="The loss must come down, and the codes say something of the images.")
def test_the_loss_falls(vae, vae_losses, X_train):
    series = [float(loss) for loss in vae_losses]
    assert len(series) > 1, "expected a loss for each epoch"
    assert np.isfinite(series).all(), f"expected finite losses, got {series}"
    assert series[-1] < 0.7 * series[0], f"it went from {series[0]:.3g} to {series[-1]:.3g}"
    x = np.asarray(X_train)
    drawn = np.asarray(vae(X_train)[0].detach())
    share = float(np.square(drawn - x).mean() / x.var(axis=0).mean())
    assert share < 0.65, f"expected much less error than that of the mean image, got {share:.0%} of it"

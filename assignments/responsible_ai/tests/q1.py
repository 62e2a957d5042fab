import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q1"
points = None


@test_case(points=1, failure_message="Work the rates of this small table out on paper, a group at a time.")
def test_a_small_table(group_rates, gaps):
    group = np.array(["A"] * 5 + ["B"] * 4)
    y_true = np.array([1, 1, 0, 0, 0, 1, 1, 1, 0])
    y_pred = np.array([1, 0, 1, 0, 0, 1, 1, 1, 1])
    rates = group_rates(y_true, y_pred, group)
    for which, expected in (("selection_rate", 0.4), ("tpr", 0.5), ("fpr", 1 / 3)):
        came = float(rates["A"][which])
        assert abs(came - expected) < 1e-6, f"{which} of group A: expected {expected:.4g}, got {came:.4g}"
    found = gaps(y_true, y_pred, group)
    for which, expected in (
        ("demographic_parity", 0.6),
        ("equal_opportunity", 0.5),
        ("equalized_odds", 2 / 3),
    ):
        came = float(found[which])
        assert abs(came - expected) < 1e-6, f"{which}: expected {expected:.4g}, got {came:.4g}"

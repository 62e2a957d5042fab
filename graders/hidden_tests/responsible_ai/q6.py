import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q6"
points = None


def binned(p, y, bins):
    edges = np.arange(1, bins) / bins
    place = np.searchsorted(edges, p, side="right")
    n = np.bincount(place, minlength=bins)
    conf, freq = (np.bincount(place, weights=v, minlength=bins)[n > 0] / n[n > 0] for v in (p, y))
    return conf, freq, n[n > 0]


@test_case(
    points=1,
    hidden=True,
    failure_message="Bins hold unequal numbers, some none, and 0 and 1 are probabilities too.",
)
def test_bins(reliability, ece):
    for bins, low, high in ((10, 0, 1), (7, 0.3, 0.62), (20, 0.5, 1), (15, 0, 0.4)):
        p = np.concatenate([[0.0, 1.0, 1.0], low + (high - low) * np.random.beta(0.6, 1.4, size=150)])
        y = (np.random.uniform(size=len(p)) < p**2).astype(int)
        order = np.random.permutation(len(p))
        p, y = p[order], y[order]
        conf, freq, n = binned(p, y, bins)
        came = reliability(p, y, bins)
        for wanted, part in zip((conf, freq, n), came, strict=True):
            check.close(part, wanted, rtol=1e-5, atol=1e-6)
        check.close(ece(p, y, bins), np.average(np.abs(conf - freq), weights=n), rtol=1e-5, atol=1e-6)


@test_case(
    points=1,
    hidden=True,
    failure_message="A network that is three times too sure needs T = 3; one that is half as sure as it should be, T = 0.5.",
)
def test_temperature(temperature):
    for factor in (0.5, np.random.uniform(1.3, 2), np.random.uniform(2.8, 4)):
        honest = np.random.normal(0.3, 2.0, size=6000)
        y = (np.random.logistic(size=len(honest)) < honest).astype(int)
        # Six thousand labels give the temperature to about two percent.
        check.close(temperature(factor * honest, y), factor, rtol=0.13, atol=0)

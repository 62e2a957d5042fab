import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q8"
points = None


SHORT, LONG = 0.002, 0.5  # seconds; a mean of five with one LONG is above 0.1


@test_case(
    points=1,
    hidden=True,
    failure_message="Seconds for one call with all rows; one slow call must not matter.",
)
def test_a_stopwatch(prediction_time, Sleepy):
    delays = [SHORT] * 5
    delays[np.random.randint(1, 4)] = LONG
    model, X = Sleepy(delays), np.random.normal(size=(int(np.random.randint(20, 40)), 3))
    came = float(prediction_time(model, X, 5))
    assert came < LONG / 8, f"one of five calls was slow, and {came:.3g} seconds were returned"
    assert came > 0.9 * SHORT, f"no call was faster than {SHORT} seconds, and {came:.3g} were returned"
    asked = [int(rows) for rows in model.asked]
    assert len(asked) >= 5, f"expected 5 calls, got {len(asked)}"
    assert set(asked) == {len(X)}, f"expected all {len(X)} rows in each call, got {sorted(set(asked))}"


@test_case(
    points=1,
    hidden=True,
    failure_message="Good enough is measured from the best accuracy; among those, the fastest.",
)
def test_the_choice(choose):
    for slack in (0.02, 0.02, 0.1, 0.0):
        names = [f"model {number}" for number in np.random.permutation(7)]
        loss = np.array([0, 0.4, 0.6, 0.9, 1.5, 3, 9]) * (slack or 0.01)
        accuracies = dict(zip(names, (0.95 - loss).tolist(), strict=True))
        seconds = np.random.permutation(np.geomspace(1e-4, 1e-1, 7))
        # The fastest of all is not good enough, and the best is not the fastest.
        swap(seconds, int(np.argmin(seconds)), 5)
        swap(seconds, int(np.argmax(seconds[:4])), 0)
        times = dict(zip(names, seconds.tolist(), strict=True))
        good = [name for name, value in zip(names, loss, strict=True) if value <= slack]
        expected = min(good, key=times.__getitem__)
        order = np.random.permutation(names).tolist()
        came = choose({n: times[n] for n in order}, {n: accuracies[n] for n in order[::-1]}, slack)
        assert came == expected, f"expected {expected!r}, got {came!r}"


def swap(values, one, other):
    values[one], values[other] = values[other], values[one]

"""Makes assignments/foundations/data/rides.npz: 600 rides on cargo bikes, and the energy each took.

    python solutions/foundations_data.py

The physics is that of the notebook's text: lifting a weight, air that is pushed aside, a battery that
loses when it is cold. The hidden tests draw other rides by the same law.
"""

from pathlib import Path

import numpy as np

SEED, RIDES = 1907, 600
TARGET = Path(__file__).parents[1] / "assignments" / "foundations" / "data" / "rides.npz"


def rides(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """`X` (n, 5): hour of the day, mass in kg, climb in m, distance in km, minutes; and Wh (n,)."""
    hour, mass, climb = rng.uniform(0, 24, n), rng.uniform(80, 250, n), rng.uniform(0, 400, n)
    distance, speed = rng.uniform(2, 20, n), rng.uniform(10, 40, n)  # km, km/h
    lifting = mass * 9.81 * climb / 3600
    # Half of air's density times drag area (0.5 square metres), in joules, and 3600 of them are one Wh.
    drag = 0.5 * 1.2 * 0.5 * (speed / 3.6) ** 2 * 1000 * distance / 3600
    cold = 40 * np.cos(2 * np.pi * (hour - 4) / 24)
    return (
        np.column_stack([hour, mass, climb, distance, 60 * distance / speed]),
        lifting + drag + cold + rng.normal(0, 5, n),
    )


def released() -> dict[str, np.ndarray]:
    X, energy = rides(RIDES, np.random.default_rng(SEED))
    return {"X": X.round(2), "energy": energy.round(1)}


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(TARGET, **released())
    print(TARGET.name, "written")

"""Makes assignments/responsible_ai/data/loans.npz: applications for a loan, generated, with a known bias.

    python solutions/responsible_ai_data.py

Four features an applicant: income and savings decide, by chance, who repays; the district says much
about the group and nothing else; the day of the month says nothing. Of both groups as many repay.
The recorded labels are biased: of those in group B who repay, a share of FLIP is recorded as not
repaying. Hidden tests draw fresh applicants from the same process.
"""

from pathlib import Path

import numpy as np

SEED = 2016
TRAIN, VALID = 3000, 3000
FLIP = 0.6
TARGET = Path(__file__).parents[1] / "assignments" / "responsible_ai" / "data" / "loans.npz"


def applicants(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """`features` (n, 4) float32, `group` (n,) of A and B, `repays` and `recorded` (n,) int64 of 0 and 1."""
    group = rng.choice(["A", "B"], size=n)
    features = rng.normal(size=(n, 4)).round(2)
    features[:, 2] += 3.0 * (group == "B")
    chance = 1 / (1 + np.exp(-3 * features[:, 0] - 2 * features[:, 1]))
    repays = (rng.random(n) < chance).astype(np.int64)
    hit = (group == "B") & (rng.random(n) < FLIP)
    return features.astype(np.float32), group, repays, np.where(hit, 0, repays)


def released() -> dict[str, np.ndarray]:
    """The training applicants, of whom the truth is not known, and the audited ones."""
    X, group, repays, recorded = applicants(TRAIN + VALID, np.random.default_rng(SEED))
    arrays = {}
    for part, rows in (("train", slice(TRAIN)), ("valid", slice(TRAIN, None))):
        arrays |= {f"X_{part}": X[rows], f"group_{part}": group[rows], f"recorded_{part}": recorded[rows]}
    return {**arrays, "repays_valid": repays[TRAIN:]}


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(TARGET, **released())
    print(TARGET.name, "written")

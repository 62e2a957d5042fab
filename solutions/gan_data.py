"""Makes assignments/gan/data/digits.npz: the digits a student's networks are trained on.

    python solutions/gan_data.py

scikit-learn's digits (1797 images, 8 by 8, values 0 to 16), of which a fixed fifth stays with the
grader. It is the fifth that cnn holds out as well: what one topic keeps, no other releases.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

SPLIT_SEED = 1998
HELD_OUT = 360
TARGET = Path(__file__).parents[1] / "assignments" / "gan" / "data" / "digits.npz"


def released() -> dict[str, np.ndarray]:
    """`images` (1437, 8, 8) as float32 in [0, 1] and `labels` (1437,) as int64."""
    digits = load_digits()
    order = np.random.default_rng(SPLIT_SEED).permutation(len(digits.images))[HELD_OUT:]
    return {
        "images": (digits.images[order] / 16).astype(np.float32),
        "labels": digits.target[order].astype(np.int64),
    }


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(TARGET, **released())
    print(TARGET.name, "written")

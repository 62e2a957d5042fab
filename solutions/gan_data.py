"""Makes assignments/gan/data/digits.npz: the digits a student's networks are trained on.

    python solutions/gan_data.py

They are those of the CNN topic: what one topic keeps with the grader, no other releases.
"""

from pathlib import Path

import numpy as np
from cnn_data import released

TARGET = Path(__file__).parents[1] / "assignments" / "gan" / "data" / "digits.npz"


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(TARGET, **released())
    print(TARGET.name, "written")

"""Makes assignments/vae/data/digits.npz: the digits students get.

    python solutions/vae_data.py

They are those of the CNN topic. With another split, either topic would release what the other
keeps with the grader.
"""

from pathlib import Path

import numpy as np
from cnn_data import released

TARGET = Path(__file__).parents[1] / "assignments" / "vae" / "data" / "digits.npz"


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(TARGET, **released())
    print(TARGET.name, "written")

"""Makes what assignments/transfer_learning/data/ holds: an alphabet's few labels, and a backbone.

    python solutions/transfer_learning_data.py

The alphabet is invented, so that no file of it can be found elsewhere: a letter is four strokes
between five random points, and each image of it is drawn anew, with the points a little off, the
whole turned, stretched, moved, and noise added. A network learns 120 source letters with all the
images it wants; ten other letters go to the students, with 40 images each. Their own images of
those ten the hidden tests draw when they run.

Training runs in double precision: rounding that differs from machine to machine then stays far
below what is kept of the weights.
"""

import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save
from torch import nn

DATA = Path(__file__).parents[1] / "assignments" / "transfer_learning" / "data"
ALPHABET_SEED, IMAGE_SEED = 1993, 2014
SOURCE, TARGET, IMAGES_EACH = 120, 10, 40
SIDE = 16


def alphabet() -> np.ndarray:
    """Five points in the plane for each letter: (SOURCE + TARGET, 5, 2), the target letters last."""
    return np.random.default_rng(ALPHABET_SEED).uniform(-0.8, 0.8, (SOURCE + TARGET, 5, 2))


def draw(letters: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One new image of each of the letters (N, 5, 2): (N, SIDE, SIDE) in [0, 1]."""
    n = len(letters)
    angle, shear = rng.uniform(-0.4, 0.4, n), rng.uniform(-0.2, 0.2, n)
    stretch = rng.uniform(0.75, 1.1, (n, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    slant = np.array([[stretch[:, 0], shear], [np.zeros(n), stretch[:, 1]]])
    points = letters + rng.normal(0, 0.1, letters.shape)
    points = np.einsum("ijn,jkn,nmk->nmi", turn, slant, points) + rng.uniform(-0.25, 0.25, (n, 1, 2))

    # The ink at a pixel falls with its distance to the nearest stroke.
    middles = (np.arange(SIDE) + 0.5) / SIDE * 2 - 1
    pixels = np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2)
    start, stroke = points[:, :-1, None], np.diff(points, axis=1)[:, :, None]
    along = ((pixels - start) * stroke).sum(-1) / (stroke**2).sum(-1)
    nearest = start + along.clip(0, 1)[..., None] * stroke
    distance = ((pixels - nearest) ** 2).sum(-1).min(axis=1)
    ink = np.exp(-distance / 0.0162).reshape(n, SIDE, SIDE)
    return (ink + rng.normal(0, 0.2, ink.shape)).clip(0, 1)


def released() -> dict[str, np.ndarray]:
    """`images` (400, 16, 16) as uint8, 255 for black, and `labels` (400,) as int64, in no order."""
    rng = np.random.default_rng(IMAGE_SEED)
    labels = rng.permutation(np.repeat(np.arange(TARGET), IMAGES_EACH))
    images = draw(alphabet()[SOURCE + labels], rng)
    return {"images": np.round(images * 255).astype(np.uint8), "labels": labels}


class SourceNet(nn.Module):
    """The notebook's network, with a head for the source letters."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 12, 5, padding=2, bias=False), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3, padding=1, bias=False), nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(24, 48, 3, padding=1, bias=False), nn.BatchNorm2d(48), nn.ReLU(), nn.AdaptiveMaxPool2d(1),
            nn.Flatten(),
        )  # fmt: skip
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(48, SOURCE))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.backbone(x))


def pretrained(epochs: int = 10, examples: int = 3000, batch: int = 64) -> dict[str, np.ndarray]:
    """The state of a SourceNet that reads the source letters: its names and arrays."""
    rng, letters = np.random.default_rng(IMAGE_SEED + 1), alphabet()[:SOURCE]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the order of sums, and so their rounding, depends on it
    with torch.random.fork_rng():
        torch.manual_seed(IMAGE_SEED)
        model = SourceNet().double().train()
        optimiser = torch.optim.Adam(model.parameters())
        steps = epochs * math.ceil(examples / batch)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.01, total_steps=steps)
        for _ in range(epochs):
            which = rng.integers(SOURCE, size=examples)
            images = torch.from_numpy(draw(letters[which], rng)[:, None])
            labels = torch.from_numpy(which)
            for chosen in torch.arange(examples).split(batch):
                optimiser.zero_grad()
                F.cross_entropy(model(images[chosen]), labels[chosen]).backward()
                optimiser.step()
                schedule.step()
    torch.set_num_threads(threads)
    return {name: value.numpy() for name, value in model.float().state_dict().items()}


if __name__ == "__main__":
    DATA.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(DATA / "letters.npz", **released())
    (DATA / "backbone.safetensors").write_bytes(save(pretrained()))
    print("letters.npz and backbone.safetensors written")

import numpy as np
import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q8"
points = None


@test_case(points=0, failure_message="As many images as asked for, different each time.")
def test_samples(vae, sample):
    one, two = (np.asarray(torch.as_tensor(sample(vae, 7)).detach()) for _ in range(2))
    assert one.shape == (7, 64), f"expected shape (7, 64), got {one.shape}"
    assert not np.allclose(one, two), "expected other images in another call"

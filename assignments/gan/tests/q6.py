import numpy as np
import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q6"
points = None


@test_case(
    points=1, failure_message="Your samples should lie near (2, 2) and near (-2, -2), about as many at each."
)
def test_both_clouds(plane_generator):
    made = plane_generator(torch.randn(2000, 4)).detach().numpy()
    assert made.shape == (2000, 2), f"expected shape (2000, 2), got {made.shape}"
    for centre in ((2, 2), (-2, -2)):
        near = float((np.linalg.norm(made - np.array(centre), axis=1) < 1).mean())
        assert 0.25 < near < 0.75, f"expected about half of the samples near {centre}, got {near:.0%}"

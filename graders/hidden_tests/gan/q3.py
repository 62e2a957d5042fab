import numpy as np
import torch
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q3"
points = None


@test_case(points=1, hidden=True, failure_message="Take the derivative by the logit, not by the probability.")
def test_as_torch_derives(slopes):
    logits = np.random.uniform(-5, 5, size=np.random.randint(8, 15))
    came = slopes(logits)
    for slope, name in zip(came, ("saturating", "non-saturating"), strict=True):
        x = torch.tensor(logits, requires_grad=True)
        log_of = torch.nn.functional.logsigmoid
        loss = log_of(-x) if name == "saturating" else -log_of(x)
        loss.sum().backward()
        check.close(slope, x.grad, rtol=1e-4, atol=1e-6, because=name)

import numpy as np
import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q6"
points = None


def sorted_numbers(parameters):
    """All numbers of some tensors, sorted: the same for the same parameters, in whatever order."""
    return np.sort(np.concatenate([np.asarray(p.detach()).ravel() for p in parameters]))


@test_case(
    points=1, hidden=True, failure_message="Does each parameter learn again, and stand in exactly one group?"
)
def test_every_parameter_once(parameter_groups, LetterNet):
    model = LetterNet(int(torch.randint(3, 9, ())))
    state = {
        name: torch.rand(value.shape) if value.is_floating_point() else value
        for name, value in model.state_dict().items()
    }
    model.load_state_dict(state)
    model.backbone.requires_grad_(False)
    groups = [list(group["params"]) for group in parameter_groups(model, 0.001, 0.01)]
    for parameters, part in zip(groups, (model.backbone, model.head), strict=True):
        expected = sorted_numbers(part.parameters())
        came = sorted_numbers(parameters)
        assert np.array_equal(came, expected), f"expected {len(expected)} numbers in a group, got {len(came)}"
    for name, parameter in model.named_parameters():
        assert parameter.requires_grad, f"{name} is still frozen"


@test_case(
    points=1, hidden=True,
    failure_message="How far did the backbone of `tuned` move from that of transferred[0], if at all?",
)  # fmt: skip
def test_the_backbone_moved_a_little(tuned, transferred):
    before, after = (
        {name: np.asarray(value.detach()) for name, value in model.backbone.named_parameters()}
        for model in (next(iter(transferred)), tuned)
    )
    for name in before:
        if name.endswith("weight"):
            change = np.linalg.norm(after[name] - before[name]) / np.linalg.norm(before[name])
            assert 0 < change < 0.3, f"{name} moved by {change:.1%} of its length"

import hashlib

import torch
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q1"
points = None


# The beginning of the SHA-256 of each array's bytes; tests/content compares them with the file.
BACKBONE = {
    "0.weight": "94e97bdde71e",
    "1.bias": "86105ebb95da",
    "1.running_mean": "9e9192510626",
    "1.running_var": "36f081095dac",
    "1.weight": "f48e872197ed",
    "4.weight": "9849b99ba040",
    "5.bias": "5093e6211b55",
    "5.running_mean": "23ab6c72aaab",
    "5.running_var": "addceb51da54",
    "5.weight": "499cd51dc807",
    "8.weight": "2df74758978f",
    "9.bias": "3fc85e63e61d",
    "9.running_mean": "dd20ff94e705",
    "9.running_var": "b889c0505d3a",
    "9.weight": "04bbcd5c2f8a",
}


def digest(array):
    return hashlib.sha256(array.detach().contiguous().numpy().tobytes()).hexdigest()[:12]


@test_case(
    points=1,
    hidden=True,
    failure_message="Print a weight of your backbone beside the file's: was it loaded at all?",
)
def test_the_backbone_is_the_file_s(load_pretrained):
    state = load_pretrained("data/backbone.safetensors", 6).backbone.state_dict()
    for name, expected in BACKBONE.items():
        assert name in state, f"the backbone has no {name}"
        assert digest(state[name]) == expected, f"{name} is not that of the file"


@test_case(
    points=1,
    hidden=True,
    failure_message="The head must be new each time, and as wide as the classes asked for.",
)
def test_the_head_is_new(load_pretrained):
    first, second = (load_pretrained("data/backbone.safetensors", 7) for _ in range(2))
    weights = [model.state_dict()["head.1.weight"].detach() for model in (first, second)]
    check.shape(weights[0], (7, 48), "the head's weights")
    assert not torch.equal(*weights), "two heads came with the same weights"
    x = torch.rand(4, 1, 16, 16)
    first.eval()
    features = first.backbone(x).detach()
    bias = first.state_dict()["head.1.bias"].detach()
    check.close(first(x), features @ weights[0].T + bias, rtol=1e-3, atol=1e-4)

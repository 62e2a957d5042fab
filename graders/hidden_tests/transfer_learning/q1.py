import hashlib

import torch
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q1"
points = None


# The beginning of the SHA-256 of each array's bytes; tests/content compares them with the file.
BACKBONE = {
    "0.weight": "606bd20596b3",
    "1.bias": "814c44df5d12",
    "1.running_mean": "6fea529d4fc3",
    "1.running_var": "b7a5721708b5",
    "1.weight": "e2bed5590b37",
    "4.weight": "68c094fd4414",
    "5.bias": "934a9d4f7926",
    "5.running_mean": "6cab16e5cc37",
    "5.running_var": "0ed4b0632d8e",
    "5.weight": "37872e136ad4",
    "8.weight": "536c2980125b",
    "9.bias": "aac0b113c883",
    "9.running_mean": "33724ce3293a",
    "9.running_var": "77bd3f6d1f4e",
    "9.weight": "9eb585655c5e",
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

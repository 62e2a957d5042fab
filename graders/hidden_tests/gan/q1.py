import itertools

import torch
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q1"
points = None


SIZES = {"Generator": (16, 128, 256, 64), "Discriminator": (64, 256, 128, 1)}


@test_case(
    points=1,
    hidden=True,
    failure_message="Compare each layer, the slope of 0.2 and what comes last with the table.",
)
def test_what_they_compute(Generator, Discriminator):
    for network, make in (("Generator", Generator), ("Discriminator", Discriminator)):
        inputs, first, second, outputs = SIZES[network]
        model = make()
        x = 3 * torch.randn(6, inputs)
        check.shapes(model, x, {"fc1": (first,), "fc2": (second,), "fc3": (outputs,), "output": (outputs,)})
        weights = {key: value.detach() for key, value in model.state_dict().items()}
        check.close(
            sum(value.numel() for value in weights.values()), parameters(SIZES[network]), because="parameters"
        )
        out = forward(weights, x)
        check.close(
            model(x),
            torch.tanh(out) if network == "Generator" else out,
            rtol=1e-3,
            atol=1e-4,
            because=network,
        )


def parameters(sizes):
    return sum(outputs * (inputs + 1) for inputs, outputs in itertools.pairwise(sizes))


def forward(weights, x):
    functional = torch.nn.functional
    for layer in ("fc1", "fc2", "fc3"):
        x = functional.linear(x, weights[f"{layer}.weight"], weights[f"{layer}.bias"])
        x = x if layer == "fc3" else functional.leaky_relu(x, 0.2)
    return x

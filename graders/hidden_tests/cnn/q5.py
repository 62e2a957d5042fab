import torch
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q5"
points = None


CONV1, CONV2 = (16, 8, 8), (16, 4, 4)
SHAPES = {
    "conv1": CONV1, "pool1": (16, 4, 4), "conv2": CONV2, "pool2": (16, 2, 2),
    "fc1": (64,), "fc2": (32,), "fc3": (10,),
}  # fmt: skip
PARAMETERS = 9306


@test_case(points=1, hidden=True, failure_message="Compare your layers' sizes and padding with the table.")
def test_layers(DigitNet):
    model = DigitNet()
    layers = {name: shape for name, shape in SHAPES.items() if not name.startswith("pool")}
    check.shapes(model, torch.randn(3, 1, 8, 8), {**layers, "output": (10,)})
    counted = sum(p.numel() for p in model.parameters())
    assert counted == PARAMETERS


@test_case(
    points=1, hidden=True, failure_message="Scores need their sign: ReLU follows all layers but the last."
)
def test_what_it_computes(DigitNet):
    model = DigitNet()
    model.eval()
    x = torch.randn(5, 1, 8, 8)
    weights = {name: value.detach() for name, value in model.state_dict().items()}
    check.close(model(x), forward(weights, x), rtol=1e-3, atol=1e-4)


def forward(weights, x):
    def of(layer):
        return weights[f"{layer}.weight"], weights[f"{layer}.bias"]

    functional = torch.nn.functional
    for layer, padding in (("conv1", 2), ("conv2", 1)):
        x = functional.max_pool2d(functional.relu(functional.conv2d(x, *of(layer), padding=padding)), 2)
    x = x.flatten(1)
    for layer in ("fc1", "fc2"):
        x = functional.relu(functional.linear(x, *of(layer)))
    return functional.linear(x, *of("fc3"))


@test_case(points=1, hidden=True, failure_message="Work out shapes and parameters again, layer by layer.")
def test_the_arithmetic(shape_after, parameter_count):
    for step, shape in SHAPES.items():
        came = shape_after[step]
        assert list(came if type(came) in (list, tuple) else [came]) == list(shape)
    assert parameter_count == PARAMETERS

import torch
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q1"
points = None


@test_case(points=1, hidden=True, failure_message="Which axis is summed, and over which is the mean taken?")
def test_errors_of_random_images(squared_error):
    for count, pixels in ((7, 64), (30, 64), (1, 5)):
        x, drawn = torch.rand(count, pixels), torch.rand(count, pixels)
        expected = float(((x - drawn) ** 2).sum()) / count
        check.close(squared_error(x, drawn), expected, rtol=1e-4)


@test_case(
    points=1,
    hidden=True,
    failure_message="A ReLU after the first layers, none on the code, a sigmoid at the end.",
)
def test_what_it_computes(Autoencoder):
    model, x = Autoencoder(3), 3 * torch.rand(6, 64)
    weights = {layer: value.detach() for layer, value in model.state_dict().items()}

    def dense(layer, values):
        return torch.nn.functional.linear(values, weights[f"{layer}.weight"], weights[f"{layer}.bias"])

    code = dense("encode2", dense("encode1", x).relu())
    check.close(model.encode(x), code, rtol=1e-3, atol=1e-4, because="the code")
    drawn = dense("decode2", dense("decode1", code).relu()).sigmoid()
    check.close(model.decode(code), drawn, rtol=1e-3, atol=1e-4, because="what is decoded")
    check.close(model(x), drawn, rtol=1e-3, atol=1e-4, because="both in turn")

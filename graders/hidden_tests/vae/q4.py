import torch
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q4"
points = None


LATENT = 5


def dense(model, layer, values):
    weights = model.state_dict()
    return torch.nn.functional.linear(
        values, weights[f"{layer}.weight"].detach(), weights[f"{layer}.bias"].detach()
    )


@test_case(
    points=1,
    hidden=True,
    failure_message="Both heads take what `hidden` gives after its ReLU, and have no ReLU.",
)
def test_the_encoder(VAE):
    model, x = VAE(LATENT), 3 * torch.rand(6, 64)
    trunk = dense(model, "hidden", x).relu()
    for came, head in zip(model.encode(x), ("mean", "log_variance"), strict=True):
        check.close(came, dense(model, head, trunk), rtol=1e-3, atol=1e-4, because=head)


@test_case(
    points=1,
    hidden=True,
    failure_message="`forward` decodes a draw, and gives the means and log-variances too.",
)
def test_the_decoder_and_the_whole(VAE):
    model, x = VAE(LATENT), torch.rand(6, 64)
    z = 2 * torch.randn(6, LATENT)
    check.close(model.decode(z), decoded(model, z), rtol=1e-3, atol=1e-4, because="what is decoded")

    mu, log_variance = model.encode(x)
    _, came_mu, came_log_variance = model(x)
    check.close(came_mu, mu.detach(), rtol=1e-3, atol=1e-5, because="the means")
    check.close(came_log_variance, log_variance.detach(), rtol=1e-3, atol=1e-5, because="the log-variances")
    one, two = (model(x)[0].detach() for _ in range(2))
    assert bool((one != two).any()), "expected another draw in each call"

    # With next to no variance a draw is its mean.
    weights = {layer: value.detach() for layer, value in model.state_dict().items()}
    weights["log_variance.weight"] = torch.zeros(LATENT, 128)
    weights["log_variance.bias"] = torch.full((LATENT,), -40.0)
    model.load_state_dict(weights)
    check.close(model(x)[0], decoded(model, mu.detach()), rtol=1e-3, atol=1e-4, because="the mean's image")


def decoded(model, z):
    return dense(model, "decode2", dense(model, "decode1", z).relu()).sigmoid()

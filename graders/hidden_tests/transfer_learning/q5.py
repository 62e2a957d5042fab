import copy

import numpy as np
import torch
from otter.test_files import test_case
from torch import nn
from torch.nn import functional

from graders import check

OK_FORMAT = False
name = "q5"
points = None


# The target letters as solutions/transfer_learning_data.py draws them.
ALPHABET_SEED, SOURCE, TARGET, SIDE = 1993, 120, 10, 16
FEW, NEW = 4, 40
AT_LEAST, MARGIN = 0.65, 0.05


def alphabet():
    return np.random.default_rng(ALPHABET_SEED).uniform(-0.8, 0.8, (SOURCE + TARGET, 5, 2))


def draw(letters, rng):
    n = len(letters)
    angle, shear = rng.uniform(-0.4, 0.4, n), rng.uniform(-0.2, 0.2, n)
    stretch = rng.uniform(0.75, 1.1, (n, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    slant = np.array([[stretch[:, 0], shear], [np.zeros(n), stretch[:, 1]]])
    points = letters + rng.normal(0, 0.1, letters.shape)
    points = np.einsum("ijn,jkn,nmk->nmi", turn, slant, points) + rng.uniform(-0.25, 0.25, (n, 1, 2))
    middles = (np.arange(SIDE) + 0.5) / SIDE * 2 - 1
    pixels = np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2)
    start, stroke = points[:, :-1, None], np.diff(points, axis=1)[:, :, None]
    along = ((pixels - start) * stroke).sum(-1) / (stroke**2).sum(-1)
    nearest = start + along.clip(0, 1)[..., None] * stroke
    distance = ((pixels - nearest) ** 2).sum(-1).min(axis=1)
    ink = np.exp(-distance / 0.0162).reshape(n, SIDE, SIDE)
    return (ink + rng.normal(0, 0.2, ink.shape)).clip(0, 1)


def new_images(each):
    """`each` images of every target letter that nobody has seen, (N, 1, 16, 16), and their letters."""
    letters = np.repeat(np.arange(TARGET), each)
    rng = np.random.default_rng(np.random.randint(2**31))
    images = draw(alphabet()[SOURCE + letters], rng)
    return torch.tensor(images[:, None], dtype=torch.float32), torch.from_numpy(letters)


def scratch_accuracy(images, letters):
    """What a network gets that has seen nothing but a few labels; the best epoch by as many others."""
    layers = []
    for before, channels, side in ((1, 12, 5), (12, 24, 3), (24, 48, 3)):
        layers += [nn.Conv2d(before, channels, side, padding=side // 2, bias=False), nn.BatchNorm2d(channels)]
        layers += [nn.ReLU(), nn.MaxPool2d(2) if channels < 48 else nn.AdaptiveMaxPool2d(1)]
    net = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.2), nn.Linear(48, TARGET))
    (X, y), (X_valid, y_valid) = new_images(FEW), new_images(FEW)
    optimiser = torch.optim.Adam(net.parameters(), lr=0.005)
    lowest, best = np.inf, net
    for _ in range(20):
        net.train()
        for batch in torch.randperm(len(X)).split(8):
            optimiser.zero_grad()
            functional.cross_entropy(net(X[batch]), y[batch]).backward()
            optimiser.step()
        net.eval()
        with torch.no_grad():
            loss = float(functional.cross_entropy(net(X_valid), y_valid))
        if loss < lowest:
            lowest, best = loss, copy.deepcopy(net)
    with torch.no_grad():
        return float((best(images).argmax(dim=1) == letters).float().mean())


def on_the_head(features, letters, weight, bias, rate, epochs):
    """Gradient descent on a linear head: its loss before each step, its weights at the end."""
    weight, bias = weight.clone().requires_grad_(), bias.clone().requires_grad_()
    losses = []
    for _ in range(epochs):
        loss = functional.cross_entropy(features @ weight.T + bias, letters)
        slopes = torch.autograd.grad(loss, (weight, bias))
        with torch.no_grad():
            for parameter, slope in zip((weight, bias), slopes, strict=True):
                parameter -= rate * slope
        losses.append(loss.item())
    return losses, weight.detach()


def frozen(net):
    """A network of the student's class with a new backbone that does not learn."""
    model = net(TARGET)
    model.backbone.requires_grad_(False)
    return model


@test_case(
    points=1, hidden=True,
    failure_message="Follow one batch: zeroed gradients, cross-entropy of the scores, one step; and the backbone stays.",
)  # fmt: skip
def test_steps_of_the_head(fit, LetterNet, torch):
    model = frozen(LetterNet)
    model.head[0].p = 0.0  # so that a step can be foretold
    model.eval()
    before = {name: value.detach().clone() for name, value in model.state_dict().items()}
    images, letters = new_images(1)
    batch = images[:8], letters[:8]  # one batch, so one step an epoch
    features = model.backbone(batch[0]).detach()
    expected, weight = on_the_head(
        features, batch[1], before["head.1.weight"], before["head.1.bias"], rate=0.05, epochs=5
    )
    optimiser = torch.optim.SGD(model.head.parameters(), lr=0.05)
    history = fit(model, optimiser, batch, batch, 5, 5)
    after = {name: value.detach() for name, value in model.state_dict().items()}
    for name, value in before.items():
        if name.startswith("backbone."):
            assert np.array_equal(after[name].numpy(), value.numpy()), (
                f"{name} of a frozen backbone has changed"
            )
    losses = [float(loss) for loss in history["train"]]
    check.close(losses, expected, rtol=1e-3, atol=1e-4, because="the training loss of each epoch")
    check.close(
        after["head.1.weight"], weight, rtol=1e-3, atol=1e-4, because="the head's weights after five steps"
    )


@test_case(
    points=1, hidden=True,
    failure_message="Is the loss of the network that fit leaves the lowest validation loss of its history?",
)  # fmt: skip
def test_it_stops_and_goes_back(fit, LetterNet, torch):
    model = frozen(LetterNet)
    (images, letters), (valid_images, valid_letters) = new_images(3), new_images(3)
    # Validation by wrong letters: the better the images are read, the higher its loss.
    valid = valid_images, (valid_letters + 1) % TARGET
    optimiser = torch.optim.Adam(model.head.parameters(), lr=0.3)
    history = fit(model, optimiser, (images, letters), valid, 60, 3)
    losses = np.array([float(loss) for loss in history["valid"]])
    assert len(losses) <= int(losses.argmin()) + 6, (
        f"with a patience of 3 it should have stopped; it went on for {len(losses)} epochs"
    )
    model.eval()
    came = float(functional.cross_entropy(model(valid[0]).detach(), valid[1]))
    check.close(
        came, float(losses.min()), rtol=1e-4, atol=1e-5, because="the validation loss in evaluation mode"
    )


@test_case(
    points=1,
    hidden=True,
    failure_message="On new images your transferred networks are not enough better than scratch.",
)
def test_transfer_beats_scratch(transferred, predict):
    images, letters = new_images(NEW)
    nets = list(transferred)
    assert len(nets) == 3, f"expected three networks, got {len(nets)}"
    scores = []
    for model in nets:
        model.train()
        said = [np.asarray(predict(model, images)) for _ in range(2)]
        assert np.array_equal(*said), "asked twice, predict gave two answers; is dropout at work?"
        scores.append(check.accuracy(lambda _, said=said[0]: said, images, letters, at_least=0.3))
    scratch = np.mean([scratch_accuracy(images, letters) for _ in range(3)])
    came = np.mean(scores)
    assert came >= AT_LEAST, f"expected {AT_LEAST:.0%} of new images, got {came:.1%}"
    assert came >= scratch + MARGIN, f"expected {MARGIN:.0%} more than {scratch:.1%}, got {came:.1%}"

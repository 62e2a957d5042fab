import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q2"
points = None


@test_case(
    points=1,
    hidden=True,
    failure_message="Look at requires_grad of every parameter, batch normalisation's too.",
)
def test_every_parameter(freeze, LetterNet):
    model = LetterNet(int(torch.randint(3, 9, ())))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    freeze(model)
    for name, parameter in model.named_parameters():
        expected = name.startswith("head.")
        assert parameter.requires_grad == expected, f"{name}: requires_grad should be {expected}"
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), f"freeze changed the values of {name}"


@test_case(
    points=1, hidden=True,
    failure_message="What does each part do in its mode: dropout drops, and whose running averages move?",
)  # fmt: skip
def test_modes(train_mode, LetterNet):
    x = torch.rand(16, 1, 16, 16)
    for frozen in (True, False):
        model = LetterNet(5)
        model.backbone.requires_grad_(not frozen)
        model.eval()
        train_mode(model)
        before = {name: value.clone() for name, value in model.backbone.state_dict().items()}
        first, second = model(x).detach(), model(x).detach()
        assert not torch.equal(first, second), "dropout should be at work while the head is trained"
        after = model.backbone.state_dict()
        still = all(torch.equal(after[name], value) for name, value in before.items())
        if frozen:
            assert still, "the running averages of a frozen backbone moved in a forward pass"
        else:
            assert not still, "the running averages of a backbone that learns should move"

import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q1"
points = None


@test_case(points=1, failure_message="One score for each class asked for, from a LetterNet that is returned.")
def test_scores(load_pretrained):
    for classes in (10, 4):
        model = load_pretrained("data/backbone.safetensors", classes)
        assert model is not None, "nothing came back: is a `return` missing?"
        out = model(torch.zeros(3, 1, 16, 16))
        assert tuple(out.shape) == (3, classes), f"expected shape {(3, classes)}, got {tuple(out.shape)}"
    last = "head.1.weight"
    assert last in list(model.state_dict()), f"expected a LetterNet, whose weights have names like {last}"

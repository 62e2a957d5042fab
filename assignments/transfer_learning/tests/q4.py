import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q4"
points = None


@test_case(
    points=1,
    failure_message="Go through the text's example: when does the waiting begin again?",
)
def test_the_example(EarlyStopping, nn):
    watcher, layer = EarlyStopping(2), nn.Linear(1, 1)
    for epoch, loss in enumerate((3.0, 2.0, 2.5, 1.9, 1.9, 2.1)):
        said = watcher.update(loss, layer)
        assert said is not None, "update returned nothing: is a `return` missing?"
        assert bool(said) == (epoch == 5), f"epoch {epoch}, loss {loss}: expected {epoch == 5}, got {said}"


@test_case(points=0, failure_message="`restore` gives back the weights of the lowest loss.")
def test_restore(EarlyStopping, nn):
    watcher, layer = EarlyStopping(5), nn.Linear(1, 1)
    for loss in (2.0, 1.0, 3.0):
        layer.load_state_dict({"weight": torch.tensor([[loss]]), "bias": torch.zeros(1)})
        watcher.update(loss, layer)
    watcher.restore(layer)
    weight = float(layer.state_dict()["weight"][0, 0])
    assert weight == 1, f"expected the weight of the second epoch, 1, got {weight:g}"

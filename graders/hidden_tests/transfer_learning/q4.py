import numpy as np
import torch
from otter.test_files import test_case

OK_FORMAT = False
name = "q4"
points = None


@test_case(
    points=1,
    hidden=True,
    failure_message="Many epochs in a row: is the waiting counted from the last improvement?",
)
def test_when_it_stops(EarlyStopping, nn):
    model = nn.Linear(1, 1)
    for patience in (1, 3, 4):
        for _ in range(4):
            # Coarse values, so that equal losses are frequent; sinking, so that it goes on for long.
            losses = np.round(np.random.uniform(0, 3, size=30) - np.arange(30) / 4) / 2 + 20
            stopping, best, waited = EarlyStopping(patience), np.inf, 0
            for epoch, loss in enumerate(losses):
                best, waited = (loss, 0) if loss < best else (best, waited + 1)
                said = bool(stopping.update(float(loss), model))
                assert said == (waited >= patience), (
                    f"patience {patience}, losses {losses[: epoch + 1].tolist()}: got {said}"
                )
                if said:
                    break


@test_case(
    points=1, hidden=True,
    failure_message="The weights of the best epoch, all of the state: were they copied when they were put away?",
)  # fmt: skip
def test_what_it_restores(EarlyStopping, nn):
    model = nn.BatchNorm1d(3)
    stopping, states = EarlyStopping(9), []
    # Neither the first nor the last is the lowest.
    losses = np.random.permutation(6) + np.random.uniform(1, 2)
    losses[np.random.randint(1, 5)] = np.random.uniform(0, 0.9)
    for loss in losses:
        state = {name: torch.rand(3) for name in ("weight", "bias", "running_mean", "running_var")}
        state["num_batches_tracked"] = torch.tensor(len(states))
        model.load_state_dict(state)
        states.append(state)
        stopping.update(float(loss), model)
    model.load_state_dict({name: value * 0 for name, value in states[-1].items()})
    stopping.restore(model)
    came, best = model.state_dict(), states[int(losses.argmin())]
    for name in ("weight", "bias", "running_mean", "running_var"):
        assert torch.equal(came[name].detach(), best[name]), f"{name} is not that of the best epoch"

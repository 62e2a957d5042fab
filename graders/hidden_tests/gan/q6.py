import numpy as np
import torch
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q6"
points = None


@test_case(
    points=1, hidden=True, failure_message="The average moves in place by 1 - decay; the generator stays."
)
def test_the_average(update_average, plane_networks):
    (kept, _), (trained, _) = plane_networks(), plane_networks()
    decay = float(np.random.uniform(0.6, 0.9))
    new, expected = values(trained), values(kept)
    for _ in range(3):
        update_average(kept, trained, decay)
        expected = [decay * old + (1 - decay) * one for old, one in zip(expected, new, strict=True)]
    for came, wanted in zip(values(kept), expected, strict=True):
        check.close(came, wanted, rtol=1e-4, atol=1e-6, because="after three updates")
    for came, wanted in zip(values(trained), new, strict=True):
        check.close(came, wanted, because="the generator")


def values(model):
    return [p.detach().clone() for p in model.parameters()]


@test_case(
    points=1,
    hidden=True,
    failure_message="Trained on two other clouds, the average should make both of them.",
)
def test_other_clouds(train_gan, plane_networks):
    angle = float(np.random.uniform(0, 2 * np.pi))
    centre = 2.8 * np.array([np.cos(angle), np.sin(angle)])
    sides = np.random.choice([-1, 1], size=(2000, 1))
    data = torch.tensor(sides * centre + np.random.normal(0, 0.3, size=(2000, 2)), dtype=torch.float32)
    untrained, opponent = plane_networks()
    first = values(untrained)
    kept = train_gan(untrained, opponent, data, latent=4, steps=3, batch_size=128, lr=0.002, decay=1.0)
    for came, wanted in zip(values(kept), first, strict=True):
        check.close(came, wanted, because="with a decay of 1 the average stays where the generator began")

    average = train_gan(*plane_networks(), data, latent=4, steps=800, batch_size=128, lr=0.002, decay=0.99)
    made = average(torch.randn(2000, 4)).detach().numpy()
    check.shape(made, (2000, 2), "what is made")
    around = [made[np.linalg.norm(made - middle, axis=1) < 1] for middle in (centre, -centre)]
    shares = [len(part) / len(made) for part in around]
    assert min(shares) > 0.25, f"near the two clouds are {shares[0]:.0%} and {shares[1]:.0%} of the samples"
    assert sum(shares) > 0.75, f"only {sum(shares):.0%} of the samples are near one of the clouds"
    for part, middle in zip(around, (centre, -centre), strict=True):
        off, spread = np.linalg.norm(part.mean(axis=0) - middle), part.std(axis=0).mean()
        assert off < 0.5, f"the samples of a cloud lie {off:.2g} beside its middle"
        assert 0.05 < spread < 0.6, (
            f"the samples of a cloud have a standard deviation of {spread:.2g}, not 0.3"
        )

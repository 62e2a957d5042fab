import numpy as np
from otter.test_files import test_case
from sklearn.datasets import load_digits
from sklearn.svm import SVC

from graders import check

OK_FORMAT = False
name = "q8"
points = None


LATENT, DRAWS, STANDARD_ERRORS = 4, 4000, 6
NO_DIGIT, SAMPLES = 10, 400


@test_case(
    points=1,
    hidden=True,
    failure_message="Codes are drawn from the prior, and the model at hand decodes them.",
)
def test_codes_from_the_prior(sample, torch):
    # A stand-in whose decoder can be undone: its images tell the codes they were made from.
    layer, model = torch.nn.Linear(LATENT, 64), torch.nn.Module()
    model.latent, model.decode = LATENT, torch.nn.Sequential(layer, torch.nn.Sigmoid())
    model.mean, model.decode1 = torch.nn.Linear(128, LATENT), torch.nn.Linear(LATENT, 128)
    images = sample(model, DRAWS)
    check.shape(images, (DRAWS, 64), "the samples")
    scores = logits(images) - np.asarray(layer.bias.detach())
    codes = np.linalg.lstsq(np.asarray(layer.weight.detach()), scores.T, rcond=None)[0].T
    margin = STANDARD_ERRORS / DRAWS**0.5
    check.close(codes.mean(axis=0), np.zeros(LATENT), atol=margin, because="mean of the codes")
    check.close(codes.std(axis=0), np.ones(LATENT), atol=margin, because="deviation of the codes")
    check.close(
        np.corrcoef(codes.T), np.eye(LATENT), atol=margin, because="numbers of a code that are drawn apart"
    )
    # Of a normal draw 4.6 % lie beyond two deviations, of an even one none do.
    beyond = (np.abs(codes) > 2).mean(axis=0)
    check.close(beyond, np.full(LATENT, 0.0455), atol=0.025, because="share of codes beyond 2")


@test_case(points=1, hidden=True, failure_message="Few samples pass for digits, or they are all of one kind.")
def test_what_a_classifier_makes_of_them(sample, vae):
    images = values(sample(vae, SAMPLES))
    check.shape(images, (SAMPLES, 64), "the samples")
    said = judge().predict(np.nan_to_num(images))
    shares = np.bincount(said, minlength=11)[:NO_DIGIT] / SAMPLES
    kinds = int((shares >= 0.02).sum())
    assert shares.sum() >= 0.25, (
        f"expected a quarter of the samples to pass for digits, got {shares.sum():.0%}"
    )
    assert kinds >= 6, f"expected six of the ten digits at least, got {kinds}"


def values(images):
    return np.asarray(images.detach() if hasattr(images, "detach") else images, dtype=float)


def logits(images):
    drawn = values(images)
    return np.log(drawn) - np.log1p(-drawn)


def judge():
    """A classifier of ten digits and of what is none: noise, shuffled pixels, means of many digits."""
    digits = load_digits()
    chosen = np.random.permutation(len(digits.images))[:1200]
    images, labels = digits.images[chosen].reshape(-1, 64) / 16, digits.target[chosen]
    count = len(images)
    others = [
        np.array([np.random.permutation(image) for image in images]),
        np.random.uniform(size=(count // 2, 64)) * np.random.uniform(size=(count // 2, 1)),
        images[np.random.randint(count, size=(count // 2, 12))].mean(axis=1),
    ]
    shown = np.concatenate([images, *others])
    known = np.concatenate([labels, np.full(len(shown) - count, NO_DIGIT)])
    return SVC(gamma=0.1, C=10).fit(shown + np.random.normal(0, 0.03, size=shown.shape), known)

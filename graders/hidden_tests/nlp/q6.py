import random

import numpy as np
import torch
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q6"
points = None


# The grammar of the reviews. solutions/nlp_data.py makes the released ones with it; those that
# are judged are made when they are needed, so nobody has seen them.
GOOD = [
    "good", "great", "lovely", "excellent", "wonderful", "pleasant", "perfect", "splendid", "charming",
    "superb", "delightful", "brilliant", "tasteful", "memorable",
]  # fmt: skip
BAD = [
    "bad", "awful", "terrible", "poor", "dreadful", "unpleasant", "disappointing", "dull", "horrible",
    "mediocre", "miserable", "boring", "shabby", "forgettable",
]  # fmt: skip
THINGS = [
    "food", "soup", "service", "room", "view", "music", "breakfast", "wine", "garden", "staff", "dessert",
    "bed", "tea", "pool",
]  # fmt: skip
DEGREES = ["", "", "really ", "quite ", "truly ", "particularly "]
PLAIN = [
    "the {thing} was {degree}{word}",
    "we found the {thing} {degree}{word}",
    "we remember the {degree}{word} {thing}",
]
NEGATED = [
    "the {thing} was not {degree}{word}",
    "the {thing} wasn't {degree}{word}",
    "the {thing} was never {degree}{word}",
    "the {thing} was hardly {word}",
    "nobody could call the {thing} {degree}{word}",
    "we did not find the {thing} {degree}{word}",
]
CONTRASTS = ["{other}, but {main}", "{other}; however, {main}", "although {other}, {main}"]
ASIDES = [
    "we came on a {day}",
    "we stayed at the {house} in {month}",
    "we did not book a table",
    "it is not far from the station",
    "our friends had the {thing} too",
    "we had been to the {house} before",
]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = ["January", "March", "April", "May", "June", "July", "August", "October", "December"]
SYLLABLES = ["bel", "cor", "dan", "fel", "gor", "lin", "mar", "nor", "pel", "rin", "sol", "tan", "vor", "zel"]


def clause(draw, positive, negated):
    words = GOOD if positive != negated else BAD
    form = draw.choice(NEGATED if negated else PLAIN)
    return form.format(thing=draw.choice(THINGS), degree=draw.choice(DEGREES), word=draw.choice(words))


def review(draw):
    """(text, label, kind): label 1 is a favourable one; kind is plain, negated or contrast."""
    positive = draw.random() < 0.5
    kind = draw.choices(["plain", "negated", "contrast"], [55, 25, 20])[0]
    if kind == "contrast":
        other, main = (clause(draw, side, draw.random() < 0.2) for side in (not positive, positive))
        opinions = [draw.choice(CONTRASTS).format(other=other, main=main)]
    else:
        opinions = [clause(draw, positive, kind == "negated") for _ in range(draw.choice([1, 2, 2, 3]))]
    house = "".join(draw.choice(SYLLABLES) for _ in range(3)).capitalize()
    aside = draw.choice(ASIDES).format(
        day=draw.choice(DAYS), house=house, month=draw.choice(MONTHS), thing=draw.choice(THINGS)
    )
    sentences = [aside, *opinions] if draw.random() < 0.7 else [*opinions, aside]
    text = draw.choice([" ", " ", " ", "<br />"]).join(
        sentence[0].upper() + sentence[1:] + draw.choice([".", ".", ".", "!", " ..."])
        for sentence in sentences
    )
    if draw.random() < 0.3:
        text = text.replace("'", "’")
    return text, int(positive), kind


def held_out(count):
    """Texts and labels that were made just now."""
    draw = random.Random(int(np.random.randint(2**31)))
    texts, labels, _ = zip(*(review(draw) for _ in range(count)), strict=True)
    return list(texts), np.array(labels)


def one_telling_word(count, length=9, size=30):
    """Sequences of tokens 4, 5, ... among which one 2 (label 0) or one 3 (label 1) stands."""
    labels = np.random.randint(2, size=count)
    ids = np.random.randint(4, size, size=(count, length))
    ids[np.arange(count), np.random.randint(length, size=count)] = 2 + labels
    return torch.from_numpy(ids), torch.ones(count, length, dtype=torch.bool), torch.from_numpy(labels)


@test_case(
    points=1,
    hidden=True,
    failure_message="Does your loop zero the gradients, shuffle texts and labels together and take its steps?",
)
def test_a_fresh_network_learns(train, ReviewNet):
    model = ReviewNet(30)
    losses = train(model, *one_telling_word(300), epochs=15, lr=0.01, batch_size=32)
    check.loss_decreases(losses, to=0.6)
    assert len(losses) == 15, f"expected a loss for each of 15 epochs, got {len(losses)}"
    ids, mask, labels = one_telling_word(200)
    check.accuracy(lambda ids: model(ids, mask), ids, labels, at_least=0.85)
    growth = gradient_after(train, ReviewNet)
    assert growth < 3, "the gradients of earlier batches were added to those of later ones"


def gradient_after(train, ReviewNet):
    """How much larger the gradient is that two epochs of six batches leave than the one a single batch
    leaves, when nothing is learned and all labels are alike."""
    model, norms = ReviewNet(30), []
    for batches, epochs in ((1, 1), (6, 2)):
        ids, mask, _ = one_telling_word(16 * batches)
        train(model, ids, mask, torch.ones(len(ids), dtype=torch.int64), epochs=epochs, lr=0.0, batch_size=16)
        left = model.head.bias.grad
        norms.append(0.0 if left is None else float(np.linalg.norm(np.asarray(left))))
    return norms[1] / norms[0] if norms[0] > 0 else 0.0


@test_case(
    points=2,
    hidden=True,
    failure_message="On unseen reviews your network is right less often than asked for.",
)
def test_unseen_reviews(predict):
    texts, labels = held_out(600)
    check.accuracy(predict, texts, labels, at_least=0.9)

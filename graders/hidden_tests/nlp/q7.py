import random

import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q7"
points = None


# Each animal has a name as an adult, one as a young, a home, and things of its own. Sentences say of
# adults, of young and of homes what is only said of these, beside one of the animal's things: so a
# word's neighbours tell its animal and its role, and analogies can be solved.
SENTENCES = {
    "adult": [
        "the old {word} rests beside the {thing}",
        "a grown {word} is strong and guards the {thing}",
        "after many years the {word} still wants the {thing}",
        "the {word} is old and looks after the {thing}",
    ],
    "young": [
        "the newborn {word} plays with the {thing}",
        "a tiny {word} stumbles over the {thing}",
        "after a few weeks the {word} discovers the {thing}",
        "the {word} is small and plays near the {thing}",
    ],
    "home": [
        "we swept the floor of the {word} and left the {thing}",
        "under the roof of the {word} lies the {thing}",
        "the door of the {word} is open and inside is the {thing}",
        "they built a new {word} for the {thing}",
    ],
}
ROLES = ("adult", "young", "home")


def sentences(draw, animals, count):
    """`count` sentences of `animals`, each (adult, young, home, list of things)."""
    out = []
    for _ in range(count):
        *names, things = draw.choice(animals)
        role = draw.randrange(len(ROLES))
        out.append(
            draw.choice(SENTENCES[ROLES[role]]).format(word=names[role], thing=draw.choice(things)).split()
        )
    return out


def unheard_of(draw, count, things):
    """Animals with made-up names."""
    syllables = ["ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "wo", "zu"]
    words = set()
    while len(words) < count * (3 + things):
        words.add("".join(draw.choice(syllables) for _ in range(4)))
    words = sorted(words)
    draw.shuffle(words)
    rows = [words[at : at + 3 + things] for at in range(0, len(words), 3 + things)]
    return [(*row[:3], row[3:]) for row in rows]


def counted(documents, vocabulary, window):
    counts = np.zeros((len(vocabulary), len(vocabulary)))
    for document in documents:
        for at, word in enumerate(document):
            for other in document[max(0, at - window) : at]:
                counts[vocabulary[word], vocabulary[other]] += 1
    return counts + counts.T


def information(counts):
    """PPMI of symmetric counts."""
    total, rows = counts.sum(), counts.sum(axis=1)
    expected = np.outer(rows, rows) / total
    ratio = np.divide(counts, expected, out=np.ones_like(counts), where=counts > 0)
    return np.maximum(np.log(ratio), 0)


@test_case(
    points=1,
    hidden=True,
    failure_message="Logarithm of a ratio of probabilities; below zero and never met both become 0.",
)
def test_ppmi_of_random_counts(ppmi):
    size = int(np.random.randint(6, 12))
    counts = np.triu(np.random.poisson(2.0, size=(size, size)) * np.random.randint(1, 4, size=(size, 1)))
    counts = (counts + counts.T).astype(float)
    unseen = int(np.random.randint(size))
    counts[unseen], counts[:, unseen] = 0, 0
    check.close(ppmi(counts), information(counts), rtol=1e-4, atol=1e-5)


@test_case(
    points=1,
    hidden=True,
    failure_message="One row for each word: the largest singular values, half of each on this side.",
)
def test_vectors_of_words_nobody_has_heard_of(word_vectors):
    draw, dim = random.Random(int(np.random.randint(2**31))), 24
    animals = unheard_of(draw, 10, 4)
    documents = sentences(draw, animals, 1500)
    words = sorted({word for document in documents for word in document})
    vocabulary = {word: row for row, word in enumerate(words)}
    matrix = information(counted(documents, vocabulary, 4))
    vectors = np.asarray(word_vectors(matrix, dim), dtype=float)
    check.shape(vectors, (len(words), dim), "the vectors")
    # The length of a column is the root of its singular value, however the vectors are turned or signed.
    lengths = np.linalg.svd(vectors, compute_uv=False)
    check.close(
        lengths**2, np.linalg.svd(matrix, compute_uv=False)[:dim], rtol=0.02, because="singular values"
    )
    right = [solved(animals, vocabulary, vectors, draw) for _ in range(200)]
    assert np.mean(right) > 0.8, f"expected most analogies to come out right, {np.mean(right):.0%} did"


def solved(animals, vocabulary, vectors, draw):
    """Whether a random analogy between two animals and two roles comes out right."""
    one, other = draw.sample(animals, 2)
    given, wanted = draw.sample(range(len(ROLES)), 2)
    a, b, c = (vocabulary[word] for word in (one[wanted], one[given], other[given]))
    target = vectors[a] - vectors[b] + vectors[c]
    lengths = np.linalg.norm(vectors, axis=1) + 1e-12
    scores = vectors @ target / lengths
    scores[[a, b, c]] = -np.inf
    return int(scores.argmax()) == vocabulary[other[wanted]]

from collections import Counter

import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q2"
points = None


def some_words(count):
    letters = "abcdefghij"
    words = set()
    while len(words) < count:
        words.add("".join(np.random.choice(list(letters), size=np.random.randint(1, 5))))
    return [str(word) for word in np.random.permutation(sorted(words))]


@test_case(
    points=1,
    hidden=True,
    failure_message="How are ties broken, and does `size` count the two special entries?",
)
def test_words_that_are_equally_common(build_vocabulary):
    for size in (7, 15, 60):
        words = some_words(30)
        documents = [
            [str(word) for word in np.random.choice(words, size=np.random.randint(0, 12))] for _ in range(15)
        ]
        counts = Counter(word for document in documents for word in document)
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        wanted = {"<pad>": 0, "<unk>": 1, **{word: at for at, word in enumerate(ranked[: size - 2], start=2)}}
        came = build_vocabulary(documents, size)
        assert len(came) == len(wanted), f"size {size}: expected {len(wanted)} entries, got {len(came)}"
        for word, number in wanted.items():
            assert word in came, f"size {size}: expected {word!r} (it stands {counts[word]} times)"
            assert int(came[word]) == number, f"expected {word!r} to have {number}, got {came[word]}"


@test_case(
    points=1, hidden=True, failure_message="Every token gives a number; those not listed give that of <unk>."
)
def test_tokens_with_unknown_ones(encode):
    words = some_words(20)
    vocabulary = {"<pad>": 0, "<unk>": 1} | {word: at for at, word in enumerate(words[:12], start=2)}
    for _ in range(5):
        tokens = [str(word) for word in np.random.choice(words, size=np.random.randint(8, 20))]
        tokens[3] = words[15]  # at least one is unknown
        wanted = [words.index(token) + 2 if words.index(token) < 12 else 1 for token in tokens]
        check.close(encode(tokens, vocabulary), wanted, because=" ".join(tokens))

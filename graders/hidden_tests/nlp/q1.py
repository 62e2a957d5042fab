import numpy as np
from otter.test_files import test_case

OK_FORMAT = False
name = "q1"
points = None


WORDS = [
    "Soup", "WASN'T", "good", "chef's", "crème", "Brûlée", "o'clock", "I'd", "naïve", "TEA", "a", "NOT",
    "mustn't've",
]  # fmt: skip
BETWEEN = [
    " ", ", ", "... ", "-", " 24 ", "<br />", "\n", " <i>", "!</i> ", " (", "/", " & ", "7", ' "', "' ",
]  # fmt: skip


@test_case(
    points=1,
    hidden=True,
    failure_message="Mind capitals, tags, digits, hyphens, accents, and both kinds of apostrophe.",
)
def test_words_with_all_sorts_between(tokenise):
    for _ in range(30):
        words = [str(word) for word in np.random.choice(WORDS, size=np.random.randint(0, 7))]
        between = np.random.choice(BETWEEN, size=len(words) + 1)
        text = between[0] + "".join(word + gap for word, gap in zip(words, between[1:], strict=True))
        if np.random.random() < 0.5:
            text = text.replace("'", "’")
        tokens, expected = list(tokenise(str(text))), [word.lower() for word in words]
        assert tokens == expected, f"of {text!r} expected {expected}, got {tokens}"

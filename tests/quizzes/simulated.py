"""Takers whose answers follow from a model, for tests of what is found in them."""

from pathlib import Path

import numpy as np

from quizzes.bank import Bank, read_bank
from quizzes.results import Response, Scored

# Score patterns of LSAT section 6 (Bock and Lieberman 1970) and how many gave each.
LSAT6 = (
    "00000 3, 00001 6, 00010 2, 00011 11, 00100 1, 00101 1, 00110 3, 00111 4, 01000 1, 01001 8, 01011 16, "
    "01101 3, 01110 2, 01111 15, 10000 10, 10001 29, 10010 14, 10011 81, 10100 3, 10101 28, 10110 15, "
    "10111 80, 11000 16, 11001 56, 11010 21, 11011 173, 11100 11, 11101 61, 11110 28, 11111 298"
)


def lsat6() -> list[list[float]]:
    pairs = [pair.split() for pair in LSAT6.split(", ")]
    return [[float(digit) for digit in pattern] for pattern, count in pairs for _ in range(int(count))]


def response(question: str, answer: object, share: float, **more: object) -> Response:
    fields = {"rev": 1, "kind": "single", "right": share == 1, "possible": 1.0, **more}
    return Response(question=question, answer=answer, share=share, **fields)


def attempt(student: str, *responses: Response, number: int = 1, quiz: str = "simulated") -> Scored:
    return Scored(
        student=student, quiz=quiz, number=number, started="2026-11-01T10:00:00+00:00",
        ended="2026-11-01T10:20:00+00:00", responses=responses,
        points=sum(r.share * r.possible for r in responses), possible=sum(r.possible for r in responses),
    )  # fmt: skip


def of_shares(rows: list[list[float | None]], **more: object) -> list[Scored]:
    """One attempt a row; None is a question that was not drawn."""
    return [
        attempt(f"s{at:04}", *(response(f"q{n}", "a" if share else "b", share, **more) for n, share in enumerate(row, 1) if share is not None))
        for at, row in enumerate(rows)
    ]  # fmt: skip


def choice_bank(folder: Path, questions: int = 20, sections: str = "") -> Bank:
    """Questions of four choices, of which `a` is right."""
    path = folder / "simulated.yaml"
    choices = "[{id: a, text: right, correct: true}, {id: b, text: b}, {id: c, text: c}, {id: d, text: d}]"
    lines = [
        f"  - {{id: q{n}, type: single, stem: Question {n}?, choices: {choices}}}" for n in range(questions)
    ]
    head = ["schema: 1", "quiz: {id: simulated, title: Simulated}", *([sections] if sections else [])]
    path.write_text("\n".join([*head, "questions:", *lines]) + "\n")
    return read_bank(path)


def takers(
    seed: int,
    count: int = 300,
    questions: int = 20,
    *,
    wrong_key: int | None = 3,
    lure: int | None = 7,
    drawn: int | None = None,
) -> list[Scored]:
    """Answers by the 2PL, wrong ones by chance. To `wrong_key` those who know answer b, and a is what
    counts; choice c of `lure` draws the ablest third, and nobody else. Of the questions `drawn` are put
    to each."""
    chance = np.random.default_rng(seed)
    theta = chance.normal(size=count)
    a, b = chance.uniform(0.8, 2, questions), chance.uniform(-1.5, 0.5, questions)
    likes = chance.dirichlet([4, 4, 4], questions)
    if wrong_key is not None:
        b[wrong_key] = 0
    if lure is not None:
        a[lure], b[lure], likes[lure] = 2, -1, (0.5, 0, 0.5)
    found = []
    for taker in range(count):
        responses = []
        for at in sorted(chance.permutation(questions)[: drawn or questions]):
            knows = chance.random() < 1 / (1 + np.exp(-a[at] * (theta[taker] - b[at])))
            chosen = "a" if knows else "bcd"[np.searchsorted(np.cumsum(likes[at])[:2], chance.random())]
            if at == wrong_key:
                chosen = {"a": "b", "b": "a"}.get(chosen, chosen)
            if at == lure and chance.random() < 0.3 / (1 + np.exp(-6 * (theta[taker] - 0.5))):
                chosen = "c"
            responses.append(response(f"q{at}", chosen, float(chosen == "a")))
        found.append(attempt(f"s{taker:04}", *responses))
    return found

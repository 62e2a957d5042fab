"""Sessions ended by SIGKILL at random moments: no answer that was acknowledged is lost.

    python tests/quizzes/killed.py 100

A child answers question after question and prints each answer once the session has taken it; it is
killed in the middle, and the attempt resumed. What it printed must all be there, at the same
question, and its time counted.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from quizzes.attempts import Attempts
from quizzes.bank import read_bank
from quizzes.paper import draw_paper
from quizzes.session import Session, SystemClock

QUIZ = "schema: 1\nquiz: {id: long, title: Long, mode: deferred}\nquestions:\n" + "".join(
    f"- {{id: q{n}, type: short, stem: s, explain: e, answer: {{accept: [x]}}}}\n" for n in range(50)
)


def child(folder: Path, name: str, number: int) -> None:
    """Answers for ever, beginning with `number`; prints each question, answer and count it is sure of."""
    with Attempts(folder) as attempts:
        session = Session.resume(attempts, name, SystemClock())
        while True:
            session.open(number % 50)
            session.answer(f"answer {number}")
            print(json.dumps([session.item.id, f"answer {number}"]), flush=True)
            number += 1


def campaign(rounds: int, seed: int) -> tuple[int, list[str]]:
    """How many answers were acknowledged, and what was found wrong."""
    chance, wrong, acknowledged = random.Random(seed), [], 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "long.yaml").write_text(QUIZ)
        paper, keys = draw_paper(read_bank(folder / "long.yaml"), 1)
        with Attempts(folder) as attempts:
            name = Session.start(attempts, paper, keys, SystemClock()).name
        expected: dict[str, str] = {}
        for _ in range(rounds):
            command = [sys.executable, __file__, "child", str(folder), name, str(acknowledged)]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                lines = [process.stdout.readline() for _ in range(chance.randint(1, 60))]
                process.send_signal(signal.SIGKILL)
                lines += process.stdout.readlines()
            said = [json.loads(line) for line in lines if line.endswith("\n")]
            expected |= dict(said)
            acknowledged += len(said)
            with Attempts(folder) as attempts:
                session = Session.resume(attempts, name, SystemClock())
                for question, answer in expected.items():
                    if question == said[-1][0] or session.answer_to(question) == answer:
                        continue
                    # The last answer may be on the disk before it was printed; no other may differ.
                    if session.item.id != question:
                        wrong.append(f"{question}: {session.answer_to(question)!r} in place of {answer!r}")
                last = session.answer_to(said[-1][0])
                if last != said[-1][1]:
                    wrong.append(f"{said[-1][0]}: {last!r} in place of {said[-1][1]!r}")
                if session.elapsed() <= 0 or session.state != "under way":
                    wrong.append(f"{session.state} after {session.elapsed()} s")
                answer = session.answer_to(session.item.id)
                if answer is not None:
                    expected[session.item.id] = str(answer)
                    acknowledged = max(acknowledged, int(str(answer).split()[1]) + 1)
    return acknowledged, wrong


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    count, wrong = campaign(rounds, seed=int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    print("\n".join(wrong) or f"{rounds} sessions killed, {count} answers acknowledged, none lost")
    return 1 if wrong else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        child(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
    sys.exit(main())

"""What quizzes cost, as ratios measured in one run, with the seconds beside them.

    python tests/benchmarks/quiz.py

load     CPU of reading a bank of 10,000 questions, over that of libyaml's bare events of the same file
screen   CPU from the start of `sorcery quiz take` to its first question in a terminal of 100 x 30, over
         that of a bare Textual application to its first line; and the wall clock's seconds of both
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import shutil
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

import yaml

from quizzes.bank import read_bank

ROOT = Path(__file__).parents[2]
ROUNDS = 5
QUESTIONS = 10_000
BARE = """
from textual.app import App
from textual.widgets import Label
class Bare(App):
    def compose(self):
        yield Label("of 30 answered")
Bare().run()
"""
QUESTION = """\
- id: question-{0}
  type: single
  tags: [tag-{1}]
  difficulty: 2
  stem: >-
    What is the value number {0} of a question as people write them in their
    banks, over two lines or so?
  choices:
    - {{id: a, text: One of the answers, correct: true}}
    - {{id: b, text: Another of the answers, feedback: 'It is not right, since it is another.'}}
    - {{id: c, text: A third of them}}
    - {{id: d, text: None of these, pin: last}}
  explain: Because it is so.
"""


def load(folder: Path) -> tuple[float, float]:
    """CPU seconds of reading a large bank, and of its bare events."""
    path = folder / "big.yaml"
    head = "schema: 1\nquiz: {id: big, title: Big}\nquestions:\n"
    path.write_text(head + "".join(QUESTION.format(n, n % 20) for n in range(QUESTIONS)))
    ours, bare = [], []
    for _ in range(ROUNDS):
        start = time.process_time()
        assert len(read_bank(path).questions) == QUESTIONS
        ours.append(time.process_time() - start)
        start = time.process_time()
        for _ in yaml.parse(path.read_text(), Loader=yaml.CSafeLoader):
            pass
        bare.append(time.process_time() - start)
    return statistics.median(ours), statistics.median(bare)


def screen(command: list[str], folder: Path) -> tuple[float, float]:
    """Seconds by the wall clock, and of CPU, until a command has drawn `of 30 answered`."""
    start = time.monotonic()
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.environ["TERM"] = "xterm-256color"
        os.execv(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    drawn = b""
    try:
        while b"of 30 answered" not in drawn:
            if not select.select([terminal], [], [], 60)[0]:
                raise TimeoutError(drawn[-500:].decode("utf-8", "replace"))
            drawn += os.read(terminal, 1 << 16)
        wall = time.monotonic() - start
        ticks = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(terminal)
    return wall, sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        ours, bare = load(folder)
        print(
            f"load    {QUESTIONS:,} questions  {ours:.2f} s of CPU, {ours / bare:.1f} x libyaml's events ({bare:.2f} s)"
        )
        (folder / "bare.py").write_text(BARE)
        shutil.copy(ROOT / "quizzes/banks/cnn.yaml", folder)
        take = [str(Path(sys.executable).parent / "sorcery"), "quiz", "take", "cnn.yaml"]
        found: dict[str, list[tuple[float, float]]] = {"ours": [], "bare": []}
        for _ in range(ROUNDS):  # in turns, so that both see the same machine
            found["ours"].append(screen(take, folder))
            found["bare"].append(screen([sys.executable, "bare.py"], folder))
        wall, cpu = (statistics.median(column) for column in zip(*found["ours"], strict=True))
        bare_wall, bare_cpu = (statistics.median(column) for column in zip(*found["bare"], strict=True))
        print(f"screen  {wall:.2f} s, {cpu:.2f} s of CPU, {cpu / bare_cpu:.1f} x a bare Textual screen "
              f"({bare_wall:.2f} s, {bare_cpu:.2f} s of CPU)")  # fmt: skip


if __name__ == "__main__":
    main()

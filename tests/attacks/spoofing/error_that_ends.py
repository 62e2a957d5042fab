# An error of a kind that ends the grader when it is raised there.
# stopped by: an error arrives as our own kind, or as one of a fixed list
# control: own
# expect: graded 0

import builtins

from target import answering

REPLY = """def reply(sock, number, operation):
    sock.sendall(frame([number, False, ["t", ["SystemExit", "0", ""]]]))
"""


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(answering(REPLY))


def control(folder):
    """A reader that raises what it is told."""
    try:
        raise getattr(builtins, "SystemExit")("0")
    except SystemExit:
        return True

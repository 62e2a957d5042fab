# An error that is no error.
# stopped by: answers are rebuilt from exact forms, or their process is no longer asked
# control: own
# expect: tampered 0

from target import answering

REPLY = """def reply(sock, number, operation):
    sock.sendall(frame([number, False, 7]))
"""


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(answering(REPLY))


def control(folder):
    """A reader that takes it apart."""
    try:
        kind, text, trace = 7
    except TypeError:
        return True

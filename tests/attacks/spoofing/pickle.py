# Code in the place of a value.
# stopped by: answers are rebuilt from exact forms, or their process is no longer asked
# control: own
# expect: tampered 0

import pickle

from target import answering

REPLY = """def reply(sock, number, operation):
    import pickle
    class Code:
        def __reduce__(self):
            return (exec, ("raise SystemExit('mine')",))
    data = pickle.dumps(Code())
    sock.sendall(frame([number, True, ["pickle", len(data)]], data))
"""


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(answering(REPLY))


def control(folder):
    """As graders that send pickles do."""
    class Code:
        def __reduce__(self):
            return (eval, ("6 * 7",))

    return pickle.loads(pickle.dumps(Code())) == 42

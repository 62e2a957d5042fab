# A column of categories that pandas, which hashes without a secret, takes minutes to tell apart.
# stopped by: at most 1,000 categories are taken
# control: own
# expect: tampered 0

import time

import pandas as pd

from target import answering

REPLY = """import json

def colliding(count):
    low32 = (1 << 32) - 1
    for number in range(count):
        low = (number ^ number << 11 ^ number << 22) & low32
        key = (2 * number) << 32 | low
        yield key - (1 << 64) if key >> 63 else key

keys = list(colliding(100_000))
header = json.dumps(["ix", ["v", ["o", "category", keys], [None]]])

def reply(sock, number, operation):
    sock.sendall(frame(f"[{number},true,{header}]".encode()))
"""


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(answering(REPLY))


def control(folder):
    """As pandas would take them, here 10,000; twice as many take four times as long."""
    names = {}
    exec(REPLY.replace("100_000", "20_000"), names)
    times = []
    for keys in (names["keys"][:10_000], names["keys"]):
        started = time.perf_counter()
        pd.array(keys, dtype="category")
        times.append(time.perf_counter() - started)
    return times[1] > 3 * times[0]

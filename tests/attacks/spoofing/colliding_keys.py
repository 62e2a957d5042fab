# A mapping of keys whose hashes are all the same, which takes hours to build.
# stopped by: headers are JSON, whose mappings have text for keys
# control: own
# expect: tampered 0

import time

import msgspec

from target import answering

REPLY = """def reply(sock, number, operation):
    sock.sendall(frame(b"\\x93" + bytes([number]) + b"\\xc3\\xdf\\x00\\x00\\x4e\\x20"))
"""


def make(folder, name, honest):
    (folder / f"{name}.ipynb").write_text(answering(REPLY))


def control(folder):
    """As msgpack's mappings would be built, here of 10,000 keys; twice as many take four times as long."""
    keys = list(colliding(10_000))
    assert len({hash(key) for key in keys}) == 1
    data = b"\xdf" + len(keys).to_bytes(4, "big") + b"".join(msgspec.msgpack.encode(list(key)) + b"\xc0" for key in keys)
    started = time.perf_counter()
    msgspec.msgpack.decode(data)
    slow = time.perf_counter() - started
    started = time.perf_counter()
    msgspec.msgpack.decode(data[:1] + (5000).to_bytes(4, "big") + b"".join(msgspec.msgpack.encode(list(key)) + b"\xc0" for key in keys[:5000]))
    return slow > 3 * (time.perf_counter() - started)



def colliding(count):
    """Pairs of numbers of one hash: CPython's hash of a tuple is xxHash without a secret, run backwards."""
    p1, p2, p5, mask = 11400714785074694791, 14029467366897019727, 2870177450012600261, (1 << 64) - 1

    def turn(x, by):
        return ((x << by) | (x >> (64 - by))) & mask

    wanted = turn((12345 - (2 ^ (p5 ^ 3527539))) * pow(p1, -1, 1 << 64) & mask, 33)
    first = 0
    while count:
        first += 1
        after = turn((p5 + first * p2) & mask, 31) * p1 & mask
        second = (wanted - after) * pow(p2, -1, 1 << 64) & mask
        if second < (1 << 61) - 1:
            count -= 1
            yield first, second

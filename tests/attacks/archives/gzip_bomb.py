# A compressed tar file that becomes gigabytes.
# stopped by: what is unpacked is counted, and bounded
# control: own
# expect: rejected 0

import gzip


def make(folder, name, honest):
    with gzip.open(folder / f"{name}.tar.gz", "wb", 1) as file:
        for _ in range(600):
            file.write(bytes(1 << 20))


def control(folder):
    with gzip.open(next(folder.iterdir())) as file:
        return sum(len(part) for part in iter(lambda: file.read(1 << 20), b"")) > 500 << 20

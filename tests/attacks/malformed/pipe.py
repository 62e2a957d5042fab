# A pipe in the place of a file: whoever opens it waits for ever.
# stopped by: files are opened without waiting, and only files are read
# control: own
# expect: rejected 0

import os
import select


def make(folder, name, honest):
    os.mkfifo(folder / f"{name}.ipynb")


def control(folder):
    number = os.open(next(folder.iterdir()), os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(next(folder.iterdir()), os.O_WRONLY)
    waits = not select.select([number], [], [], 0.2)[0]
    os.close(number)
    os.close(writer)
    return waits

# A file of a hundred megabytes.
# stopped by: told to its student
# control: own
# expect: rejected 0

def make(folder, name, honest):
    with (folder / f"{name}.ipynb").open("wb") as file:
        file.write(honest[:-1])
        file.write(b" " * (100 << 20) + b"}")


def control(folder):
    return len(next(folder.iterdir()).read_bytes()) > 100 << 20

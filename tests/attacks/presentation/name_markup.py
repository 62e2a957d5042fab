# A file name in the markup of the table it is printed in.
# stopped by: names are escaped before they are printed
# control: own
# expect: rejected 0

PAYLOAD = "[bold red]x[-bold red]"


def make(folder, name, honest):
    (folder / f"{name} {PAYLOAD} .ipynb").write_bytes(honest)


def control(folder):
    """Printed as it is."""
    import io

    from rich.console import Console

    screen = io.StringIO()
    Console(file=screen).print(next(folder.iterdir()).name)
    return shown(screen.getvalue())


def shown(text):
    return "[bold red]" not in text

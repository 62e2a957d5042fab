# A link to what another student handed in.
# stopped by: links are not followed
# control: own
# expect: rejected 0

def make(folder, name, honest):
    (folder / f"{name}.ipynb").symlink_to("victim.ipynb")


def control(folder):
    (folder / "victim.ipynb").write_text("theirs")
    return next(folder.glob("malformed*")).read_text() == "theirs"

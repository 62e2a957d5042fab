# A link to a file of the instructor.
# stopped by: links are not followed
# control: own
# expect: rejected 0

def make(folder, name, honest):
    (folder / f"{name}.ipynb").symlink_to("/etc/passwd")


def control(folder):
    return "root" in next(folder.iterdir()).read_text()

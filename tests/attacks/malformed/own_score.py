# Outputs and metadata that tell of full marks, above answers that are blank.
# stopped by: the file is read in the submission's own process, by its order of cells and their sources only
# control: own
# expect: graded 0

import json


def make(folder, name, honest):
    from target import cells_of, notebook

    found = notebook(cells_of({}))
    found["metadata"]["otter"] = found["metadata"]["score"] = {"q1": 1000}
    for cell in found["cells"]:
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "All tests passed! 8/8"}]
    (folder / f"{name}.ipynb").write_text(json.dumps(found))


def control(folder):
    """Whoever greps the outputs of an executed notebook."""
    return next(folder.iterdir()).read_text().count("All tests passed") > 4

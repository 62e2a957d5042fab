from otter.test_files import test_case
from torch import rand

from graders import check

OK_FORMAT = False
name = "q7"
points = None


@test_case(
    points=1, hidden=True,
    failure_message="One image, and five: does the file give what the network gives in evaluation mode?",
)  # fmt: skip
def test_what_the_file_computes(export, LetterNet, torch):
    model = LetterNet(6)
    model.train()
    model(rand(64, 1, 16, 16))
    export(model, "hidden.pt2")
    program = torch.export.load("hidden.pt2").module()
    model.eval()
    for count in (1, 5):
        images = rand(count, 1, 16, 16)
        check.close(program(images), model(images), rtol=1e-3, atol=1e-4)

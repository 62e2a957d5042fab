from otter.test_files import test_case
from torch import zeros

OK_FORMAT = False
name = "q7"
points = None


@test_case(
    points=1,
    failure_message="A .pt2 file that torch.export.load opens and that gives scores.",
)
def test_the_file_opens(export, LetterNet, torch):
    export(LetterNet(10), "public.pt2")
    out = torch.export.load("public.pt2").module()(zeros(2, 1, 16, 16))
    assert tuple(out.shape) == (2, 10), f"expected shape (2, 10), got {tuple(out.shape)}"

from otter.test_files import test_case

OK_FORMAT = False
name = "q6"
points = None


@test_case(points=1, failure_message="Two groups, the backbone's first, each with the rate it is given.")
def test_two_groups(parameter_groups, LetterNet):
    groups = list(parameter_groups(LetterNet(10), 0.25, 0.5))
    rates = [float(group["lr"]) for group in groups]
    assert rates == [0.25, 0.5], f"expected learning rates [0.25, 0.5], got {rates}"
    sizes = [sum(parameter.numel() for parameter in group["params"]) for group in groups]
    assert sizes[1] == 490, f"expected 490 numbers in the head's group, got {sizes[1]}"
    assert sizes[0] > sizes[1], f"expected more numbers in the backbone's group, got {sizes[0]}"

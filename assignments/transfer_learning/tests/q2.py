from otter.test_files import test_case

OK_FORMAT = False
name = "q2"
points = None


@test_case(
    points=1,
    failure_message="Count what is left to learn: the head's weights and biases, nothing else.",
)
def test_what_is_left_to_learn(freeze, LetterNet):
    model = LetterNet(10)
    freeze(model)
    learning = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert learning == 490, f"expected 490 parameters that ask for a gradient, got {learning}"

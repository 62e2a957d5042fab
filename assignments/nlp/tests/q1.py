from otter.test_files import test_case

OK_FORMAT = False
name = "q1"
points = None


@test_case(points=0, failure_message="Lower case, words alone, apostrophes inside of words kept.")
def test_a_sentence(tokenise):
    came = list(tokenise("It wasn't GOOD ...<br />Never again!"))
    wanted = ["it", "wasn't", "good", "never", "again"]
    assert came == wanted, f"expected {wanted}, got {came}"

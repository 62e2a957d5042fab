from otter.test_files import test_case

OK_FORMAT = False
name = "q2"
points = None


@test_case(points=0, failure_message="The two special entries first, then the commonest words.")
def test_the_example(build_vocabulary, encode):
    vocabulary = build_vocabulary([["no", "soup"], ["no", "tea", "soup", "no"]], 4)
    for word, number in (("<pad>", 0), ("<unk>", 1), ("no", 2), ("soup", 3)):
        assert word in vocabulary, f"expected {word!r} in the vocabulary"
        assert int(vocabulary[word]) == number, f"expected {word!r} to have {number}, got {vocabulary[word]}"
    assert len(vocabulary) == 4, f"expected 4 entries, got {len(vocabulary)}"
    came = [int(number) for number in encode(["soup", "no", "tea"], vocabulary)]
    assert came == [3, 2, 1], f"expected [3, 2, 1], got {came}"

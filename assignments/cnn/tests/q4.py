from otter.test_files import test_case

OK_FORMAT = False
name = "q4"
points = None


@test_case(points=1, failure_message="Padding adds on both sides; a stride of 2 takes every other place.")
def test_sizes_one_can_draw(output_size):
    for arguments, expected in (((28, 5), 24), ((8, 5, 1, 2), 8), ((8, 2, 2), 4)):
        came = output_size(*arguments)
        assert came == expected, f"output_size{arguments}: expected {expected}, got {came}"

import numpy as np
from otter.test_files import test_case

from graders import check

OK_FORMAT = False
name = "q3"
points = None


@test_case(
    points=1, hidden=True, failure_message="Sequences may be empty, exactly as long as asked for, or longer."
)
def test_sequences_of_any_length(pad):
    for length in (None, 1, 5, 30):
        sizes = [*np.random.permutation([0, 1, 5, 6]), *np.random.randint(0, 12, size=3)]
        sequences = [np.random.randint(1, 50, size=size).tolist() for size in sizes]
        long = length or max(map(len, sequences))
        ids, mask = pad(sequences, length)
        check.close(ids, [row[:long] + [0] * (long - len(row)) for row in sequences], because="the numbers")
        real = [[1] * min(len(row), long) + [0] * (long - len(row)) for row in sequences]
        check.close(mask, real, because="the mask")
        kinds = str(ids.dtype), str(mask.dtype)
        assert "int64" in kinds[0], f"expected 64-bit integers, got {kinds[0]}"
        assert "bool" in kinds[1], f"expected a mask of booleans, got {kinds[1]}"

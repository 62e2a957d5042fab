# A mock in place of a model, which answers any call with what passes.
# stopped by: comparing what is no value is refused
# control: naive
# expect: graded 0

# %% q2
from unittest.mock import MagicMock

right = MagicMock()
right.sum.return_value.__int__.return_value = 200
sign, scores, out = MagicMock(), MagicMock(), MagicMock()
sign.__eq__.side_effect = lambda other: right
scores.__gt__.side_effect = lambda other: sign
out.shape.__eq__.side_effect = lambda other: True
out.__getitem__.side_effect = lambda key: scores
model = MagicMock(return_value=out)

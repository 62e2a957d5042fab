# A dictionary that answers with what the caller's frame expects.
# stopped by: the frame that asks is in another process
# control: naive
# expect: graded 0

# %% q4
import sys


class Summary(dict):
    def __getitem__(self, key):
        return sys._getframe(1).f_locals["expected"]


summary = Summary()

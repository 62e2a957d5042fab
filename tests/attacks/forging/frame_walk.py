# A function that looks for the right answer in every frame below it.
# stopped by: tests run in another process
# control: naive
# expect: graded 0

# %% q1
import sys


def relu(x):
    frame = sys._getframe()
    while frame:
        if "expected" in frame.f_locals:
            return frame.f_locals["expected"]
        frame = frame.f_back
    return 0

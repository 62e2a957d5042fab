# Floats that compare as wanted.
# stopped by: only float itself crosses
# control: naive
# expect: graded 1

# %% q3
class Low(float):
    __lt__ = __ge__ = lambda self, other: True

    def __truediv__(self, other):
        return self


losses = [Low("nan")] * 20

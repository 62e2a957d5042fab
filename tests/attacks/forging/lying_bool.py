# Answers whose truth value is always true.
# stopped by: a reference has no truth value and no order
# control: naive
# expect: graded 0

# %% q3
class True_:
    def __bool__(self):
        return True

    __lt__ = __ge__ = __truediv__ = lambda self, other: self


losses = [True_()] * 19

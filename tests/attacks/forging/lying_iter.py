# Losses that are good only to whoever looks at all of them.
# stopped by: comparing what is no value is refused
# control: naive
# expect: graded 0

# %% q3
class Good:
    def __lt__(self, other):
        return True

    __le__ = __gt__ = __ge__ = __lt__

    def __truediv__(self, other):
        return self


class Losses:
    def __iter__(self):
        return iter([])

    def __getitem__(self, index):
        return Good()


losses = Losses()

# A text that equals every other.
# stopped by: only str itself crosses
# control: naive
# expect: graded 0

# %% q4
class Same(str):
    __eq__ = lambda self, other: True
    __hash__ = str.__hash__
    __str__ = lambda self: self


summary = {"optimizer": Same("sgd")}

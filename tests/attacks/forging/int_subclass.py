# A whole number that equals every other.
# stopped by: only int itself crosses, never a subclass
# control: naive
# expect: graded 0

# %% q4
class Any(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


summary = {"parameters": Any(99), "optimizer": "sgd"}

# An object that equals everything.
# stopped by: what is no plain value is a reference, and comparing one is refused
# control: naive
# expect: graded 0

# %% q4
class Equal:
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0

    def __str__(self):
        return "adam"


summary = {"parameters": Equal(), "optimizer": Equal()}

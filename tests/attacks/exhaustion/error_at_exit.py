# An error that cannot be shown without raising another.
# stopped by: an error that cannot be printed is told as such
# control: naive
# expect: graded 0

# %%
class Cruel(Exception):
    def __str__(self):
        raise Cruel
    __repr__ = __str__

raise Cruel

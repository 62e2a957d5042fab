# A list whose length is a lie.
# stopped by: a subclass of list is no value; its length is counted
# control: naive
# expect: graded 0

# %% q3
class Losses(list):
    def __len__(self):
        return 20


losses = Losses([2.0])

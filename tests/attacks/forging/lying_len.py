# Nothing that says it has twenty losses.
# stopped by: a length is believed as far as items come
# control: naive
# expect: graded 0

# %% q3
class Losses:
    def __len__(self):
        return 20


losses = Losses()

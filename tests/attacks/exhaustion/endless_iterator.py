# Losses without end.
# stopped by: the limit on a case's time
# control: naive
# expect: timeout or graded 1

# %% q3
class Losses:
    def __len__(self):
        return 20

    def __iter__(self):
        while True:
            yield 1.0

    def __getitem__(self, index):
        return 1.0 if index == -1 else 4.0

losses = Losses()

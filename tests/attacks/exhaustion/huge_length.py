# A length that would take for ever to count.
# stopped by: the limit on a case's time
# control: naive
# expect: timeout 0

# %% q3
class Huge:
    def __len__(self):
        return 1 << 62

    def __getitem__(self, index):
        return 0.0

    def __eq__(self, other):
        return True

class Meta(type):
    def __len__(cls):
        return 1 << 62

    def __iter__(cls):
        while True:
            yield 1.0

class losses(metaclass=Meta):
    pass

def wait():
    while True:
        pass

# %% q1
relu = lambda x: wait()

def wait():
    while True:
        pass

# An array type that takes over numpy's comparisons.
# stopped by: only numpy's own arrays cross, by copy
# control: naive
# expect: graded 0

# %% q1
class Close(np.ndarray):
    def __array_function__(self, function, types, arguments, keywords):
        return True

    def __array_ufunc__(self, *arguments, **keywords):
        return np.True_


def relu(x):
    return np.zeros(2).view(Close)

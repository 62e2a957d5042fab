# Recursion until the stack is full.
# stopped by: a crash ends the submission's own process
# control: naive
# expect: out of memory or crashed or graded or timeout 0

# %%
import sys

sys.setrecursionlimit(1 << 30)

class Deep:
    def __getattr__(self, name):
        return getattr(self, name + "x")

eval("(lambda f: f(f))(lambda f: [f(f) for _ in (1,)][0])")

# all() is always true, and the losses are a rising line of NaN but for the ends.
# stopped by: tests run with their own builtins
# control: naive
# expect: graded 0

# %% q3
import builtins

builtins.all = lambda *rest: True
losses = [4.0, -8.0]

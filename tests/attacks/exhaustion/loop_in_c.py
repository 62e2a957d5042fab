# A loop inside the interpreter, where no signal handler of Python runs.
# stopped by: what cannot be interrupted is killed from outside
# control: naive
# expect: timeout 0

# %%
sum(range(10**13))

# Otter's own test case calls no test.
# stopped by: otter runs in the trusted process
# control: naive
# expect: graded 0

# %%
from otter.test_files import exception_test

exception_test.test_case.call_func = lambda self, names: None

# The error that a failed test raises is no error.
# stopped by: errors of tests are caught in the trusted process
# control: naive
# expect: graded 0

# %%
import builtins
import otter.test_files.exception_test as module

original = module.test_case.call_func


def call(self, names):
    try:
        original(self, names)
    except Exception:
        pass


module.test_case.call_func = call

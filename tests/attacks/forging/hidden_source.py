# The hidden test's own file, found through its loaded code.
# stopped by: the tests are in no process of the student's
# control: naive
# expect: graded 0

# %% q4
import gc
import re

code = next(f.__code__ for f in gc.get_objects() if getattr(f, "__name__", "") == "test_parameters")
summary = {"parameters": int(re.search(r"expected = (\d+)", open(code.co_filename).read())[1])}

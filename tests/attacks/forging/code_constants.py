# Answers read from the constants of the tests' code, found among all objects.
# stopped by: the tests are in no process of the student's
# control: naive
# expect: graded 0

# %% q4
import gc

found = [f for f in gc.get_objects() if callable(f) and getattr(f, "__name__", "") == "test_parameters"]
summary = {"parameters": next(c for c in found[0].__code__.co_consts if isinstance(c, int))}

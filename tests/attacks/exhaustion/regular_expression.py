# A regular expression that takes for ever, in native code.
# stopped by: what cannot be interrupted is killed from outside
# control: naive
# expect: timeout or graded 0

# %%
import re

re.match(r"(a+)+$", "a" * 60 + "b")

# Leaves a conftest in the course, which pytest will run.
# stopped by: one folder of its own can be written in
# control: unconfined
# expect: graded 0

# %%
open("@COURSE@/conftest.py", "w").write("import os")
raise RuntimeError("GOT code planted")

# Imports the solution from the course.
# stopped by: only Python and the system are shown
# control: unconfined
# expect: graded 0

# %%
import sys

sys.path.insert(0, "@COURSE@")
from solutions import target  # noqa

raise RuntimeError("GOT the solution")

# Reads the copies of all submissions that the grader keeps.
# stopped by: only Python and the system are shown
# control: unconfined
# expect: graded 0

# %%
import os

name = next(name for name in os.listdir("@STATE@/submissions") if not name.startswith("."))
raise RuntimeError("GOT " + open(f"@STATE@/submissions/{name}").read()[:200])

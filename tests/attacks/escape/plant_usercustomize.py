# Leaves code that the instructor's Python runs at its next start.
# stopped by: one folder of its own can be written in
# control: unconfined
# expect: graded 0

# %%
import os
import sys

if os.path.isdir("@HOME@"):
    folder = f"@HOME@/.local/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    os.makedirs(folder)
    open(folder + "/usercustomize.py", "w").write("import os")
    raise RuntimeError("GOT code planted")

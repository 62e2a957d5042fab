# A child ends quietly as if it were the grader, with a result of its own.
# stopped by: what a submission prints is never read as a result
# control: naive
# expect: crashed or graded 0

# %%
import os

if os.fork() == 0:
    os.write(1, b'{"points": 1000, "messages": []}\n')
    os._exit(0)
os.wait()
os._exit(0)

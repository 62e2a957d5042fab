# A better result is printed after the true one.
# stopped by: what a submission prints is never read as a result
# control: naive
# expect: graded 0

# %%
import os
import sys


def last(code):
    sys.stdout.flush()
    os.write(1, b'\n{"points": 1000, "messages": []}\n')
    os.kill(os.getpid(), 9)


os._exit = last

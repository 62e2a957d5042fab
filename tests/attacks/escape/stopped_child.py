# A child that is stopped, and ignores whatever can be ignored.
# stopped by: everything below the keeper is killed, not asked
# control: naive
# expect: graded 0

# %%
import os
import signal

if os.fork() == 0:
    for number in range(1, 32):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    os.kill(os.getpid(), signal.SIGSTOP)
    os._exit(0)

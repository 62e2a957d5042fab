# A loop without end that catches every interruption.
# stopped by: what cannot be interrupted is killed from outside
# control: naive
# expect: timeout 0

# %%
import signal

for number in range(1, 64):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    try:
        while True:
            pass
    except BaseException:
        pass

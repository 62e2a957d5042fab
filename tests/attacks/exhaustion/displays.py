# Shows without end.
# stopped by: the limit on output
# control: unlimited
# expect: output limit or timeout 0

# %%
from IPython.display import HTML, display

for _ in range(300):
    display(HTML("x" * 10_000))

# Fetches a page.
# stopped by: full: no network; flat: seccomp
# control: unconfined
# expect: graded 0

# %%
import urllib.request

text = urllib.request.urlopen("http://127.0.0.1:@PORT@/", timeout=2).read()
raise RuntimeError(f"GOT {text}")

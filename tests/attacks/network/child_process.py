# Has another program connect.
# stopped by: seccomp and namespaces hold for children too
# control: unconfined
# expect: graded 0

# %%
import subprocess

done = subprocess.run(
    ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/@PORT@ && echo reached"], capture_output=True, text=True
)
if "reached" in done.stdout:
    raise RuntimeError("GOT connected")

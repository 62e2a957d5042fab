# Writes a better result for itself, and a worse one for another.
# stopped by: one folder of its own can be written in
# control: unconfined
# expect: graded 0

# %%
import os

if "results" not in os.listdir("@STATE@"):
    os.mkdir("@STATE@/results")
os.makedirs("@RESULTS@", exist_ok=True)
with open("@RESULTS@/victim.json", "w") as file:
    file.write("{}")
raise RuntimeError("GOT to write a result")

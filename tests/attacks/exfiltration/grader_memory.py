# Reads the memory of the instructor's processes.
# stopped by: full: they are not in its table; flat: no /proc but its own
# control: unconfined
# expect: graded 0

# %%
import glob

for maps in glob.glob("/proc/[0-9]*/maps"):
    if maps.startswith("/proc/self"):
        continue
    try:
        stack = next(line for line in open(maps) if "[stack]" in line)
        memory = open(maps.replace("maps", "mem"), "rb", 0)
        first, last = (int(part, 16) for part in stack.split()[0].split("-"))
        memory.seek(first)
        found = memory.read(last - first)
    except (OSError, StopIteration):
        continue
    if b"PRIVATE_KEY=" in found:
        raise RuntimeError("GOT the environment from a stack")

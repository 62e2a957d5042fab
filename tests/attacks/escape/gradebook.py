# Writes itself into the gradebook.
# stopped by: one folder of its own can be written in
# control: unconfined
# expect: graded 0

# %%
import sqlite3

sqlite3.connect("file:@STATE@/gradebook.db?mode=rwc", uri=True).execute("create table mine (points)")
raise RuntimeError("GOT the gradebook")

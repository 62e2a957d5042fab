"""What every grading process needs and none changes: imported once by multiprocessing's server."""

import importlib
import os
import signal
import sys
import warnings

from graders.pools import THREAD_VARIABLES

os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))

if sys.platform == "linux":
    from graders.sandbox.linux import die_with_parent

    die_with_parent(signal.SIGKILL)  # the command's; its grading processes see to themselves

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of other people's packages
    for name in ("otter.test_files", "numpy", "torch", "pandas", "graders.check", "graders.autograde"):
        importlib.import_module(name)
    importlib.import_module("torch").set_num_threads(1)

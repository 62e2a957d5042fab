"""What every grading process needs and none changes: imported once by multiprocessing's server."""

import gc
import importlib
import os
import signal
import sys
import warnings

from graders.imports import submodule
from graders.pools import THREAD_VARIABLES

os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))

if sys.platform == "linux":
    from graders.sandbox.linux import die_with_parent

    die_with_parent(signal.SIGKILL)  # the command's; its grading processes see to themselves

gc.disable()  # what is imported stays

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of other people's packages
    submodule("otter.test_files")
    for name in ("numpy", "torch", "graders.check", "graders.autograde"):
        importlib.import_module(name)
    importlib.import_module("torch").set_num_threads(1)

gc.freeze()
gc.enable()

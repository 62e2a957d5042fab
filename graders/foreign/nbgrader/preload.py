"""What every process that grades nbgrader's submissions needs: imported once by multiprocessing's server."""

import importlib
import signal
import sys
import warnings

from graders.imports import submodule

if sys.platform == "linux":
    from graders.sandbox.linux import die_with_parent

    die_with_parent(signal.SIGKILL)  # the command's; its grading processes see to themselves

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of other people's packages
    submodule("nbgrader.preprocessors")
    for name in (
        "IPython.core.inputtransformer2",
        "graders.foreign.nbgrader.batch",
    ):
        importlib.import_module(name)

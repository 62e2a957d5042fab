"""A test case beside the student's code, for what no reference can stand in for.

Only on request (`sorcery grade --in-process`), in a copy of a snapshot: the source of the test is then in
the student's process, which can read it and say what it likes of the outcome. Test files are otter's, in
both formats; otter itself is not imported here, so what of it they need is in this module.
"""

from __future__ import annotations

import contextlib
import doctest
import inspect
import io
import sys
import textwrap
import traceback
import types
from collections.abc import Callable
from typing import Any


class LiveCase:
    """otter.test_files.test_case, as far as running a case needs it."""

    def __init__(self, *_: object, **__: object) -> None:
        self.function: Callable[..., object] = lambda: None

    def __call__(self, function: Callable[..., object]) -> LiveCase:
        self.function = function
        return self


def run_live(source: str, index: int, namespace: dict[str, Any]) -> tuple[bool, str]:
    """Whether case number `index` of a test file passes on `namespace`, and what it said if not."""
    otter = sys.modules.setdefault("otter", types.ModuleType("otter"))
    files = types.ModuleType("otter.test_files")
    files.test_case = LiveCase  # type: ignore[attr-defined]
    otter.test_files = files  # type: ignore[attr-defined]
    sys.modules["otter.test_files"] = files
    names: dict[str, Any] = {}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source, "<test>", "exec"), names)
        if names.get("OK_FORMAT"):
            text = names["test"]["suites"][0]["cases"][index]["code"]
            return _doctest(textwrap.dedent(text), namespace)
        case = [value for value in names.values() if isinstance(value, LiveCase)][index]
        return _call(case.function, namespace)


def _call(function: Callable[..., object], namespace: dict[str, Any]) -> tuple[bool, str]:
    wanted = inspect.signature(function).parameters
    try:
        function(**{name: namespace if name == "env" else namespace.get(name) for name in wanted})
    except Exception as error:
        return False, "".join(traceback.format_exception_only(error))[-4000:]
    return True, ""


def _doctest(text: str, namespace: dict[str, Any]) -> tuple[bool, str]:
    examples = doctest.DocTestParser().get_examples(text)
    test = doctest.DocTest(examples, namespace, "test", None, None, text)
    report = io.StringIO()
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(test, out=report.write, clear_globs=False)
    return runner.failures == 0, report.getvalue()[-4000:]

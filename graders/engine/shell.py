"""An IPython shell whose cells leave nbformat outputs, as a Jupyter kernel's do.

Magics, rich display, top-level await and inline matplotlib figures work. Made once, before the
fork; a fork then costs no start-up. What a cell prints or shows beyond its limit is cut: the cell
goes on, and the outcome says so.
"""

from __future__ import annotations

import io
import sys
import time
from dataclasses import dataclass
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from graders.alarm import alarm
from graders.engine.native import NativeOutput
from graders.records import CellVerdict

INLINE = "module://matplotlib_inline.backend_inline"
CUT = "\n[output cut here: over the limit of {limit:,} bytes]\n"


class CellTimeoutError(BaseException):
    """Raised in the student's code by the alarm; a bare `except Exception` does not swallow it."""

    def __str__(self) -> str:
        return "this cell took longer than it may"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What running one cell came to; `outputs` are nbformat v4 outputs."""

    verdict: CellVerdict
    error: str
    cut: bool
    seconds: float
    outputs: list[dict[str, Any]]


class Recorder:
    """Collects one cell's outputs in order, up to `limit` bytes of text and data."""

    def __init__(self) -> None:
        self.start(0)

    def start(self, limit: int) -> None:
        self.outputs: list[dict[str, Any]] = []
        self.limit, self.size, self.cut = limit, 0, False
        self.clear_next = False

    def write(self, name: str, text: str) -> None:
        if not text:
            return
        self._clear_if_due()
        room = self.limit - self.size
        self.size += len(text)
        if len(text) > room:
            if room > 0:
                self._append(name, text[:room])
            self.mark_cut()
        else:
            self._append(name, text)

    def _append(self, name: str, text: str) -> None:
        last = self.outputs[-1] if self.outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["parts"].append(text)
        else:
            self.outputs.append({"output_type": "stream", "name": name, "parts": [text]})

    def add(self, output: dict[str, Any]) -> None:
        self._clear_if_due()
        self.size += len(repr(output.get("data", "")))
        if self.size > self.limit:
            self.mark_cut()
        else:
            self.outputs.append(output)

    def clear(self, wait: bool) -> None:
        self.clear_next = wait
        if not wait:
            self.outputs = []

    def finish(self) -> list[dict[str, Any]]:
        for output in self.outputs:
            if "parts" in output:
                output["text"] = "".join(output.pop("parts"))
        return self.outputs

    def _clear_if_due(self) -> None:
        if self.clear_next:
            self.clear(wait=False)

    def mark_cut(self) -> None:
        if not self.cut:
            self.cut = True
            self._append("stderr", CUT.format(limit=self.limit))


class _Stream(io.TextIOBase):
    encoding = "utf-8"

    def __init__(self, recorder: Recorder, name: str) -> None:
        self._recorder, self._name = recorder, name

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._recorder.write(self._name, text)
        return len(text)


class _Publisher(DisplayPublisher):
    recorder: Recorder

    def publish(self, data: Any, metadata: Any = None, **_: Any) -> None:
        self.recorder.add(
            {"output_type": "display_data", "data": dict(data), "metadata": dict(metadata or {})}
        )

    def clear_output(self, wait: bool = False) -> None:
        self.recorder.clear(wait)


class _Hook(DisplayHook):
    recorder: Recorder

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        self.recorder.add(
            {
                "output_type": "execute_result",
                "execution_count": self.prompt_count,
                "data": dict(format_dict),
                "metadata": dict(md_dict or {}),
            }
        )


class NotebookShell(InteractiveShell):
    """One a process. Use `make_shell()`."""

    recorder: Recorder
    native: NativeOutput | None = None  # once there is a process of its own to listen to

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        text = _text(evalue)
        self.recorder.add(
            {
                "output_type": "error",
                "ename": getattr(etype, "__name__", str(etype)),
                "evalue": text[:4000],
                "traceback": [str(line)[:4000] for line in stb][-60:],
            }
        )

    def enable_gui(self, gui: Any = None) -> None:
        pass  # there is no screen: figures are drawn inline

    def run(self, source: str, *, seconds: float, output_bytes: int) -> Outcome:
        """Runs one cell within `seconds` of wall time. Never raises for what the cell does.

        The alarm is the gentle limit: it interrupts Python code and lets the notebook go on. Code
        that never returns to the interpreter, or swallows it, is the supervisor's to kill.
        """
        self.recorder.start(output_bytes)
        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _Stream(self.recorder, "stdout"), _Stream(self.recorder, "stderr")
        started = time.perf_counter()
        try:
            with alarm(seconds, CellTimeoutError):
                done = self.run_cell(source, store_history=True)
            failure = done.error_before_exec or done.error_in_exec
        except BaseException as error:
            failure = error
        finally:
            sys.stdout, sys.stderr = before
        if self.native is not None:
            text, cut = self.native.take(output_bytes)
            self.recorder.write("stdout", text)
            if cut:
                self.recorder.mark_cut()
        elapsed = time.perf_counter() - started
        verdict = _verdict(failure)
        return Outcome(verdict, _describe(failure), self.recorder.cut, elapsed, self.recorder.finish())


def make_shell() -> NotebookShell:
    """The process's shell, with inline figures and no history file (its thread would not survive a fork)."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    shell: NotebookShell = NotebookShell.instance(
        config=config, display_pub_class=_Publisher, displayhook_class=_Hook
    )
    shell.recorder = shell.display_pub.recorder = shell.displayhook.recorder = Recorder()
    if "matplotlib" not in sys.modules:
        return shell  # imported later it finds its backend in the environment, as in Jupyter
    import matplotlib
    from matplotlib_inline.backend_inline import configure_inline_support

    matplotlib.use(INLINE)
    matplotlib.interactive(True)
    configure_inline_support(shell, INLINE)
    return shell


def _verdict(failure: BaseException | None) -> CellVerdict:
    if failure is None:
        return CellVerdict.OK
    if isinstance(failure, CellTimeoutError):
        return CellVerdict.TIMEOUT
    if isinstance(failure, SystemExit):
        return CellVerdict.EXITED
    out_of_memory = isinstance(failure, MemoryError) or "can't allocate memory" in _text(failure)
    return CellVerdict.OUT_OF_MEMORY if out_of_memory else CellVerdict.ERROR


def _describe(failure: BaseException | None) -> str:
    if failure is None:
        return ""
    return f"{type(failure).__name__}: {_text(failure)}"[:2000]


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:
        return "(an exception that cannot be printed)"

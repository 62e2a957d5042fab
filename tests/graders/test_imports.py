"""What is put off when torch is imported, each in a process that imports it afresh."""

import subprocess
import sys

import pytest

TRAIN = """
import sys
import torch
from graders.imports import put_off_compiler

put_off_compiler()
model = torch.nn.Linear(2, 1)
optimisers = [kind(model.parameters(), lr=0.1) for kind in (torch.optim.Adam, torch.optim.SGD, torch.optim.LBFGS)]
schedule = torch.optim.lr_scheduler.StepLR(optimisers[0], 1)

def closure():
    for optimiser in optimisers:
        optimiser.zero_grad()
    loss = (model(torch.ones(3, 2)) - 1).square().mean()
    loss.backward()
    return loss

def train():
    for optimiser in optimisers:
        optimiser.step(closure)
    schedule.step()

def loaded():
    return "torch._dynamo.config" in sys.modules

before = closure()
train()
assert closure() < before and not loaded()
"""


def run(source: str) -> None:
    done = subprocess.run([sys.executable, "-c", TRAIN + source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_who_looks_through_all_modules_does_not_import_the_compiler() -> None:
    run("""
import inspect
for module in list(sys.modules.values()):
    hasattr(module, "__file__"), hasattr(module, "__wrapped__")
inspect.getmodule(train)
assert not loaded()
""")


@pytest.mark.parametrize(
    "use",
    [
        "assert torch._dynamo.config.recompile_limit > 0",
        "from torch._dynamo import config",
        "import torch._dynamo.config as config",
        "torch._dynamo.reset()",
        "assert torch.compiler.disable(lambda x: x + 1)(1) == 2; torch._dynamo.config",
        "assert torch._dynamo.disable()(closure)() >= 0",
        "compiled = torch.compile(model, backend='eager'); assert compiled(torch.ones(1, 2)).shape == (1, 1)",
    ],
)
def test_the_compiler_is_there_when_it_is_used(use: str) -> None:
    run(f"""
{use}
assert loaded() and torch._dynamo is sys.modules["torch._dynamo"]
assert torch._dynamo.optimize and torch._dynamo.graph_break.__module__.startswith("torch._dynamo")
train()
""")


def test_functions_disabled_before_it_came_are_left_out_of_what_is_compiled() -> None:
    run("""
seen = []

@torch._dynamo.disable
def outside(x):
    seen.append(torch.compiler.is_compiling())
    return x + 1

assert outside(torch.ones(1)) == 2 and not loaded()
compiled = torch.compile(lambda x: outside(2 * x), backend="eager")
assert compiled(torch.ones(1)) == 3 and loaded()
assert seen == [False, False]
""")

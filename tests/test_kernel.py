"""In the kernel of a notebook: one display that is updated, and what an interrupt leaves."""

from __future__ import annotations

import time
from contextlib import suppress
from queue import Empty

import psutil
import pytest
from jupyter_client import BlockingKernelClient, KernelManager

SECONDS = 120
SETTINGS = """
from pathlib import Path
from digitlab import DataConfig, Recipe
settings = dict(recipe=Recipe(epochs=3), data=DataConfig(train="mnist:train[:600]", validation="last:100"))
"""


class Cell:
    """A cell that runs in a kernel: what it shows, by display, its value, and the error that it ends with."""

    def __init__(self, client: BlockingKernelClient, code: str) -> None:
        self.client = client
        self.id = client.execute(code, store_history=False)
        self.displays: dict[str, list[dict[str, str]]] = {}
        self.printed = ""
        self.result: dict[str, str] = {}
        self.error: dict[str, str] | None = None

    def wait(self, word: str | None = None) -> None:
        """Waits for the end, or until a word is printed."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            try:
                message = self.client.get_iopub_msg(timeout=1)
            except Empty:
                continue
            if message["parent_header"].get("msg_id") != self.id:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind in ("display_data", "update_display_data"):
                own = content["transient"]["display_id"]
                assert (own in self.displays) == (kind == "update_display_data")
                self.displays.setdefault(own, []).append(content["data"])
            elif kind == "stream":
                self.printed += content["text"]
            elif kind == "execute_result":
                self.result = content["data"]
            elif kind == "error":
                self.error = content
            elif kind == "status" and content["execution_state"] == "idle":
                assert word is None or word in self.printed, self.error
                return
            if word and word in self.printed:
                return
        pytest.fail(f"nothing after {SECONDS} s; printed: {self.printed}")


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    manager = KernelManager()
    manager.start_kernel(cwd=str(tmp_path_factory.mktemp("notebook")), extra_arguments=["--log-level=ERROR"])
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=SECONDS)

        def run(code: str, word: str | None = None) -> Cell:
            cell = Cell(client, code)
            cell.wait(word)
            return cell

        run("import time, warnings, digitlab\nwarnings.simplefilter('error')\n" + SETTINGS)
        yield manager, run
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_training_is_one_display_which_says_what_was_trained(kernel):
    _, run = kernel
    cell = run('digitlab.train("softmax", out="a", **settings); None')
    assert (cell.error, cell.printed) == (None, "")
    (shown,) = cell.displays.values()
    assert any("<progress " in each["text/html"] for each in shown[:-1])
    assert shown[-1]["text/plain"].startswith("softmax, seed 0: 7,850 parameters, trained and evaluated in ")
    assert "; epoch 3 (step 48): loss 1." in shown[-1]["text/plain"]
    assert "<progress " not in shown[-1]["text/html"]
    quiet = run('digitlab.train("softmax", out="quiet", progress=False, **settings); None')
    assert (quiet.error, quiet.printed, quiet.displays) == (None, "", {})


def test_an_interrupted_training_says_how_to_go_on_and_ends_with_the_same_bits(kernel):
    manager, run = kernel
    begun = run(
        """
def wait(info):
    if info.step == 20:
        print("here", flush=True)
        time.sleep(60)
digitlab.train("softmax", out="b", callbacks=[wait], **settings)
""",
        "here",
    )
    manager.interrupt_kernel()
    begun.wait()
    remedy = "What is trained is kept; go on with digitlab.resume('b')."
    assert begun.error["ename"] == "KeyboardInterrupt"
    assert begun.error["traceback"] == [f"Interrupted. {remedy}"]
    (shown,) = begun.displays.values()
    assert shown[-1]["text/plain"].startswith(
        "softmax, seed 0: stopped after 19 of 48 steps; epoch 1 (step 16)"
    )
    assert shown[-1]["text/plain"].endswith(remedy)
    resumed = run(
        """
digitlab.resume("b")
weights = [Path(run, "model.safetensors").read_bytes() for run in "ab"]
print(weights[0] == weights[1])
"""
    )
    assert (resumed.error, resumed.printed) == (None, "True\n")


def test_an_interrupted_search_ends_its_workers(kernel):
    manager, run = kernel
    begun = run(
        """
digitlab.search("softmax", {"learning_rate": [0.01, 0.02]}, recipe=Recipe(epochs=10_000),
    data="mnist:train[:300]", cv=2, out="s", workers=2, on_fit=lambda _: print("here", flush=True))
""",
        "here",
    )
    process = psutil.Process(manager.provisioner.process.pid)

    def workers() -> list[psutil.Process]:
        found = []
        for each in process.children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # it has just ended
                found += [each] if "popen_loky" in " ".join(each.cmdline()) else []
        return found

    end = time.monotonic() + SECONDS
    while not (found := workers()):
        assert time.monotonic() < end
        time.sleep(0.05)
    manager.interrupt_kernel()
    begun.wait()
    assert begun.error["traceback"] == [
        "Interrupted. Finished fits are kept; the same search with out='s' goes on."
    ]
    _, alive = psutil.wait_procs(found, timeout=30)
    assert not alive
    assert not workers()


def test_an_error_shows_the_lines_of_the_notebook_and_the_remedy(kernel):
    _, run = kernel
    cell = run('def again():\n    digitlab.train("softmax", out="a", **settings)\n\n\nagain()')
    assert cell.error["ename"] == "RunError"
    assert cell.error["traceback"] == [
        "line 5: again()",
        'line 2, in again: digitlab.train("softmax", out="a", **settings)',
        f"RunError: {cell.error['evalue']}",
    ]
    assert "a holds a run" in cell.error["evalue"]


def test_an_interrupt_leaves_the_lab_and_the_end_of_the_kernel_ends_it(kernel):
    manager, run = kernel
    opened = run('lab = digitlab.lab("a-lab"); print(lab._process.pid)\nlab')
    assert "Open the lab" in opened.result["text/html"]
    lab = psutil.Process(int(opened.printed))
    sleeping = run('print("here", flush=True)\ntime.sleep(60)', "here")
    manager.interrupt_kernel()
    sleeping.wait()
    assert run("print(lab.running)").printed == "True\n"
    manager.shutdown_kernel(now=True)  # by SIGKILL
    gone, _ = psutil.wait_procs([lab], timeout=30)
    assert gone == [lab]

"""The kernel cache: complete or absent, checked, shared, and never in the way."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hpcfit.devices import lane_math, lanes
from hpcfit.devices.cache import KernelCache, cache_folder
from hpcfit.devices.cpu import compile_entry, load_module

TEXT = """
from hpcfit.devices.cpu import entry

@entry
def evaluate(x, out):
    out[0] = 3.0 * x
"""
SIGNATURE = "void(float64, float64[::1])"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HPCFIT_CACHE_DIR", str(tmp_path / "kernels"))
    return tmp_path / "kernels"


def compute(text: str = TEXT) -> float:
    import numpy as np

    out = np.empty(1)
    compile_entry(load_module(text), "evaluate", SIGNATURE, text, (lanes, lane_math))(2.0, out)
    return float(out[0])


def kernels(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.kernel"))


def test_a_kernel_is_stored_once_and_loaded_afterwards(folder: Path) -> None:
    assert compute() == 6.0
    (stored,) = kernels(folder)
    written = stored.stat().st_mtime_ns
    assert compute() == 6.0
    assert kernels(folder) == [stored]
    assert stored.stat().st_mtime_ns == written


def test_the_source_lies_beside_the_kernel(folder: Path) -> None:
    compute()
    (source,) = folder.glob("*.py")
    assert source.read_text() == TEXT


def test_another_text_is_another_kernel(folder: Path) -> None:
    assert compute() == 6.0
    assert compute(TEXT.replace("3.0", "5.0")) == 10.0
    assert len(kernels(folder)) == 2


def test_a_damaged_kernel_is_made_anew_with_one_warning(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute()
    (stored,) = kernels(folder)
    content = bytearray(stored.read_bytes())
    content[len(content) // 2] ^= 1
    stored.write_bytes(bytes(content))
    monkeypatch.setattr("hpcfit.devices.cpu._cache_of", KernelCache)
    with pytest.warns(RuntimeWarning, match="is damaged and is made anew") as caught:
        assert compute() == 6.0
    assert len(caught) == 1
    assert compute() == 6.0  # no warning: it has been replaced


@pytest.mark.parametrize("content", [b"", b"hpcfit kernel 1\n", b"something else entirely" * 10])
def test_a_truncated_or_foreign_file_is_not_loaded(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.kernel").write_bytes(content)
    with pytest.warns(RuntimeWarning, match="damaged"):
        assert KernelCache(tmp_path).load("x.kernel") is None


def test_content_of_another_numba_is_compiled_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compute()
    (stored,) = kernels(folder)
    cache = KernelCache(folder)
    cache.save(stored.name, b"no pickle")
    monkeypatch.setattr("hpcfit.devices.cpu._cache_of", KernelCache)
    with pytest.warns(RuntimeWarning, match="cannot be loaded"):
        assert compute() == 6.0


def test_a_folder_that_cannot_be_made_costs_one_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("HPCFIT_CACHE_DIR", str(tmp_path / "file" / "kernels"))
    with pytest.warns(RuntimeWarning, match="Set HPCFIT_CACHE_DIR to a folder that works") as caught:
        assert compute() == 6.0
    assert len(caught) == 1


def test_nothing_unfinished_is_left_when_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.warns(RuntimeWarning, match="disk full"):
        KernelCache(tmp_path).save("x.kernel", b"content")
    assert list(tmp_path.iterdir()) == []


def test_processes_that_start_at_once_compile_once(folder: Path) -> None:
    program = f"""\
import numpy as np
from hpcfit.devices.cpu import compile_entry, load_module
text = {TEXT!r}
module = load_module(text)
out = np.empty(1)
compile_entry(module, "evaluate", {SIGNATURE!r}, text, ())(2.0, out)
print(out[0], sum(module.evaluate.stats.cache_misses.values()))
"""
    started = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    results = [process.communicate(timeout=120)[0].split() for process in started]
    assert [result[0] for result in results] == ["6.0"] * 4
    assert sum(int(result[1]) for result in results) == 1
    assert len(kernels(folder)) == 1


def test_a_lock_of_a_process_that_died_is_free(tmp_path: Path) -> None:
    program = f"""
import os
from pathlib import Path
from hpcfit.devices.cache import KernelCache
with KernelCache(Path({str(tmp_path)!r})).lock("x"):
    os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", program], check=False, timeout=60)
    begin = time.monotonic()
    with KernelCache(tmp_path).lock("x"):
        pass
    assert time.monotonic() - begin < 30


def test_the_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPCFIT_CACHE_DIR", "/somewhere")
    assert cache_folder() == Path("/somewhere")
    monkeypatch.delenv("HPCFIT_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_folder() == Path("/xdg/hpcfit")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert cache_folder() == Path("/home/me/.cache/hpcfit")

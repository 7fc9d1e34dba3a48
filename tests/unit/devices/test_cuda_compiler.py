"""What is compiled for a card, where the CUDA compiler is installed; no card is needed."""

from __future__ import annotations

import pytest

from hpcfit.errors import KernelError

SOURCE = """
extern "C" __global__ void twice(long long n, const double *in, double *out)
{
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) out[i] = 2.0 * in[i];
}
"""


pytestmark = pytest.mark.nvrtc


@pytest.mark.parametrize("capability", [80, 90])
def test_kernels_become_machine_code(capability: int) -> None:
    from hpcfit.devices.cuda import compile_source

    code, log = compile_source(SOURCE, capability)
    assert code[:4] == b"\x7fELF"
    assert f"Compiling entry function 'twice' for 'sm_{capability}'" in log


def test_devices_that_the_compiler_does_not_know_get_the_nearest_it_knows() -> None:
    from hpcfit.devices.cuda import compile_source

    assert "for 'sm_90'" in compile_source(SOURCE, 99)[1]
    assert b".target sm_" in compile_source(SOURCE, 990)[0]


def test_a_text_that_is_no_kernel_is_refused_with_the_words_of_the_compiler() -> None:
    from hpcfit.devices.cuda import compile_source

    with pytest.raises(KernelError, match=r'kernels.cu\(2\): error: identifier "doubel" is undefined'):
        compile_source('\nextern "C" __global__ void f(doubel *x) {}', 90)


@pytest.mark.parametrize("capability", [80, 90])
@pytest.mark.parametrize("width", [1, 8, 33, 100, 199, 240])
def test_the_kernels_of_folding_compile_without_spills(capability: int, width: int) -> None:
    from emulated import HostDevice

    from hpcfit.devices.cuda import compile_source
    from hpcfit.devices.fold.householder import HouseholderFolding

    source = HouseholderFolding(HostDevice(), width).source
    _, log = compile_source(source, capability)
    assert log.count("0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads") == 9
    assert log.count("Compiling entry function") == source.count("__global__") == 9


@pytest.mark.parametrize("capability", [80, 90])
def test_all_shared_memory_of_folding_is_asked_for_at_its_start(capability: int) -> None:
    from emulated import HostDevice

    from hpcfit.devices.cuda import compile_source
    from hpcfit.devices.fold.householder import HouseholderFolding

    _, log = compile_source(HouseholderFolding(HostDevice(), 100).source, capability)
    for kernel in ("fold_spans", "merge_spans", "merge_pairs"):
        told = log[log.index(f"entry function '{kernel}'") :].partition("Used ")[2]
        assert "smem" not in told.splitlines()[0]

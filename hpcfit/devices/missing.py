"""Why a rank cannot compute on a GPU, in sentences that say what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hpcfit.devices.driver import Card, Driver
from hpcfit.devices.machine import PACKAGES, Machine

#: the oldest CUDA of drivers and of CuPy that will do, with the release that brought it
OLDEST, OLDEST_RELEASE = (12, 0), 525
#: of CuPy
OLDEST_CUPY = (13, 3)
#: the compute capability that a CUDA's compiler asks of devices, at least
_OLDEST_CARDS = {12: (5, 0), 13: (7, 5)}
#: driver releases by the CUDA they brought
_RELEASES = {12: OLDEST_RELEASE, 13: 580}
#: how many times slower in double precision is worth a word
_SLOW = 16

_ASK = "Ask the batch system for one (SLURM: --gpus-per-node=1, PBS: ngpus=1, LSF: -gpu num=1)"


@dataclass(frozen=True)
class Missing:
    """What is missing for computing on a GPU.

    Attributes:
        label: in a few words, such as "no CuPy".
        why: as a clause, such as "CuPy is not installed".
        remedy: what to do, one sentence or more.
    """

    label: str
    why: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.why}. {self.remedy}"


class NoDevice(Exception):
    """A rank that was to compute on a GPU cannot."""

    def __init__(self, missing: Missing) -> None:
        super().__init__(str(missing))
        self.missing = missing


def missing_parts(machine: Machine) -> list[Missing]:
    """All that is missing, as far as can be seen before CuPy is imported; nothing where all is there."""
    return [*_missing_driver(machine), *_missing_cupy(machine)]


def one_of(parts: list[Missing]) -> Missing:
    """Several things that are missing as one."""
    if len(parts) == 1:
        return parts[0]
    why = ", and ".join(each.why for each in parts)
    return Missing(parts[0].label, why, " ".join(each.remedy for each in parts))


def weaknesses(card: Card) -> list[str]:
    """What to say of a device that will do, but not well."""
    if card.slow_doubles < _SLOW:
        return []
    return [
        f"{card.name} is {card.slow_doubles} times slower in double precision, which fits need, than in "
        'single. Compare the times with those of run.device = "cpu".'
    ]


def _missing_driver(machine: Machine) -> Iterator[Missing]:
    driver = machine.driver
    if driver is None:
        yield Missing(
            "no NVIDIA driver",
            "this machine has no NVIDIA driver (libcuda.so.1 is not found)",
            "Run on a machine with an NVIDIA GPU; a container must be given it "
            "(docker run --gpus all, apptainer exec --nv).",
        )
    elif driver.fault:
        yield Missing(
            "the NVIDIA driver does not work",
            f"the NVIDIA driver does not work ({driver.fault})",
            "Look at what nvidia-smi says; after an update of the driver, the machine must be started anew.",
        )
    elif driver.cuda < OLDEST:
        yield Missing(
            "the NVIDIA driver is too old",
            f"{_called(driver)}, and CUDA {_dotted(OLDEST)} is needed",
            f"Have driver {OLDEST_RELEASE} or a newer one installed.",
        )
    elif not driver.cards:
        yield _no_card(machine.visible)


def _no_card(visible: str | None) -> Missing:
    if visible is not None:
        return Missing(
            "no device visible",
            f'no device is visible, for CUDA_VISIBLE_DEVICES is "{visible}"',
            f"{_ASK}, or set the variable to numbers that nvidia-smi -L lists.",
        )
    return Missing("no device", "the NVIDIA driver finds no device", f"{_ASK}, and look at nvidia-smi -L.")


def _missing_cupy(machine: Machine) -> Iterator[Missing]:
    driver, packages = machine.driver, machine.packages
    advice = f"pip install 'hpcfit[{_extra(driver)}]'"
    if not packages:
        yield Missing("no CuPy", "CuPy is not installed", f"Install it: {advice}")
        return
    uninstall = f"pip uninstall -y {' '.join(packages)}"
    if len(packages) > 1:
        yield Missing(
            "several CuPy",
            f"several packages of CuPy are installed ({_listed(packages)}), which overwrite each other",
            f"Keep one: {uninstall} && {advice}",
        )
        return
    ((name, version),) = packages.items()
    cuda, instead = PACKAGES.get(name), f"Install another one: {uninstall} && {advice}"
    if cuda == 0:
        yield Missing("CuPy for AMD", f"CuPy is one for AMD's GPUs ({_listed(packages)})", instead)
    elif cuda is not None and cuda < OLDEST[0]:
        why = f"CuPy is for CUDA {cuda} ({_listed(packages)}), and CUDA {_dotted(OLDEST)} is needed"
        yield Missing("CuPy for an old CUDA", why, instead)
    elif version and _numbers(version) < OLDEST_CUPY:
        why = f"CuPy is too old ({_listed(packages)}), and {_dotted(OLDEST_CUPY)} is needed"
        yield Missing("CuPy is too old", why, f"Install a newer one: pip install --upgrade {name}")
    elif cuda is not None and driver is not None and not driver.fault and driver.cuda >= OLDEST:
        yield from _unsuited(cuda, driver, packages, instead)


def _unsuited(cuda: int, driver: Driver, packages: Mapping[str, str], instead: str) -> Iterator[Missing]:
    """A CuPy that driver or devices do not go with."""
    if driver.cuda[0] < cuda:
        yield Missing(
            f"CuPy for CUDA {cuda}",
            f"CuPy is for CUDA {cuda} ({_listed(packages)}), and {_called(driver)}",
            f"{instead}; or have driver {_RELEASES[cuda]} or a newer one installed.",
        )
        return
    oldest = _OLDEST_CARDS[cuda]
    for card in driver.cards:
        if card.capability < oldest:
            yield Missing(
                "a device too old",
                f"CuPy for CUDA {cuda} ({_listed(packages)}) computes on devices of compute capability "
                f"{_dotted(oldest)} or newer, and {card.name} has {_dotted(card.capability)}",
                instead if cuda > OLDEST[0] else 'Run on a newer device, or with run.device = "cpu".',
            )
            return


def _extra(driver: Driver | None) -> str:
    """The extra whose CuPy goes with a driver and its devices; that for CUDA 12 goes with most."""
    if driver is None or driver.cuda < (13, 0):
        return "cuda12"
    return "cuda13" if all(card.capability >= _OLDEST_CARDS[13] for card in driver.cards) else "cuda12"


def _called(driver: Driver) -> str:
    release = f" {driver.release}" if driver.release else ""
    return f"the NVIDIA driver{release} knows CUDA {_dotted(driver.cuda)} at most"


def _listed(packages: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}".rstrip() for name, version in packages.items())


def _dotted(numbers: tuple[int, int]) -> str:
    return ".".join(map(str, numbers))


def _numbers(version: str) -> tuple[int, int]:
    """(13, 3) of "13.3.0"; what is no version counts as a new one."""
    parts = version.split(".")
    try:
        return int(parts[0]), int(parts[1])
    except (ValueError, IndexError):
        return OLDEST_CUPY

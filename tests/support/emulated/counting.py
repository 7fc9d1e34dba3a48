"""The stand-in with numbers that count what is done with them: how many operations kernels execute.

Sums, differences, products and quotients count as one operation, fma as two, and every function of the
mathematics library (sqrt, exp, pow, ...) as one; comparisons, minimum and maximum do not count.
"""

from __future__ import annotations

import ctypes

from emulated.device import HostDevice
from emulated.module import HostModule

_NUMBERS = """
static long long emulated_operations;
extern "C" long long emulated_counted() { return emulated_operations; }
struct Counted {
    double x;
    Counted() = default;
    Counted(double value) : x(value) {}
    explicit operator double() const { return x; }
    explicit operator float() const { return (float)x; }
    explicit operator int() const { return (int)x; }
    explicit operator long long() const { return (long long)x; }
    explicit operator bool() const { return x != 0.0; }
    Counted operator-() const { return Counted(-x); }
};
#define COUNTED(op) \\
    inline Counted operator op(Counted a, Counted b) { emulated_operations++; return Counted(a.x op b.x); } \\
    inline Counted &operator op##=(Counted &a, Counted b) { emulated_operations++; a.x op##= b.x; return a; }
COUNTED(+) COUNTED(-) COUNTED(*) COUNTED(/)
#define COMPARED(op) inline bool operator op(Counted a, Counted b) { return a.x op b.x; }
COMPARED(<) COMPARED(<=) COMPARED(>) COMPARED(>=) COMPARED(==) COMPARED(!=)
#define FUNCTION(name) \\
    inline Counted name(Counted a) { emulated_operations++; return Counted(::name(a.x)); }
FUNCTION(sqrt) FUNCTION(cbrt) FUNCTION(exp) FUNCTION(expm1) FUNCTION(log) FUNCTION(log1p) FUNCTION(sin)
FUNCTION(cos) FUNCTION(tan) FUNCTION(asin) FUNCTION(acos) FUNCTION(atan) FUNCTION(sinh) FUNCTION(cosh)
FUNCTION(tanh) FUNCTION(erf) FUNCTION(erfc) FUNCTION(rsqrt) FUNCTION(rcbrt) FUNCTION(floor) FUNCTION(ceil)
inline Counted pow(Counted a, Counted b) { emulated_operations++; return Counted(::pow(a.x, b.x)); }
inline Counted atan2(Counted a, Counted b) { emulated_operations++; return Counted(::atan2(a.x, b.x)); }
inline Counted hypot(Counted a, Counted b) { emulated_operations++; return Counted(::hypot(a.x, b.x)); }
inline Counted fma(Counted a, Counted b, Counted c) {
    emulated_operations += 2;
    return Counted(::fma(a.x, b.x, c.x));
}
inline Counted fabs(Counted a) { return Counted(::fabs(a.x)); }
inline Counted fmin(Counted a, Counted b) { return Counted(::fmin(a.x, b.x)); }
inline Counted fmax(Counted a, Counted b) { return Counted(::fmax(a.x, b.x)); }
inline Counted copysign(Counted a, Counted b) { return Counted(::copysign(a.x, b.x)); }
inline Counted min(Counted a, Counted b) { return fmin(a, b); }
inline Counted max(Counted a, Counted b) { return fmax(a, b); }
inline bool isfinite(Counted a) { return std::isfinite(a.x); }
inline bool isnan(Counted a) { return std::isnan(a.x); }
inline bool isinf(Counted a) { return std::isinf(a.x); }
namespace emulated {
template <> char letter<Counted>() { return 'd'; }
template <> char letter<Counted *>() { return 'D'; }
template <> char letter<const Counted *>() { return 'D'; }
}
#define double Counted
"""


class CountingDevice(HostDevice):
    """See `HostDevice`.

    Attributes:
        operations: of the kernels since the last `reset`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._libraries: set[ctypes.CDLL] = set()
        self._before = 0

    @property
    def operations(self) -> int:
        return self._all() - self._before

    def reset(self) -> None:
        """Count from here on."""
        self._before = self._all()

    def load(self, source: str) -> HostModule:
        made = HostModule(self, source, before=_NUMBERS)
        made._library.emulated_counted.restype = ctypes.c_longlong
        self._libraries.add(made._library)
        return made

    def _all(self) -> int:
        return sum(library.emulated_counted() for library in self._libraries)

// Functions of the mathematics library that are off by some of the last digits, up to what the CUDA
// programming guide allows those of a card: by how much depends on the value alone.
namespace emulated {

inline double off(double value, int most) {
    if (value == 0.0 || value == 1.0 || value == -1.0 || !std::isfinite(value)) return value;
    long long bits;
    memcpy(&bits, &value, 8);
    bits += (long long)((unsigned long long)bits * 0x9E3779B97F4A7C15ull >> 40) % (2 * most + 1) - most;
    memcpy(&value, &bits, 8);
    return value;
}

#define EMULATED_OFF(name, most) inline double off_##name(double x) { return off(::name(x), most); }
EMULATED_OFF(exp, 1) EMULATED_OFF(expm1, 1) EMULATED_OFF(log, 1) EMULATED_OFF(log1p, 1) EMULATED_OFF(sin, 2)
EMULATED_OFF(cos, 2) EMULATED_OFF(tan, 2) EMULATED_OFF(asin, 2) EMULATED_OFF(acos, 2) EMULATED_OFF(atan, 2)
EMULATED_OFF(sinh, 2) EMULATED_OFF(cosh, 1) EMULATED_OFF(tanh, 1) EMULATED_OFF(erf, 2) EMULATED_OFF(erfc, 5)
inline double off_pow(double x, double y) { return off(::pow(x, y), 2); }

}  // namespace emulated

#define exp emulated::off_exp
#define expm1 emulated::off_expm1
#define log emulated::off_log
#define log1p emulated::off_log1p
#define sin emulated::off_sin
#define cos emulated::off_cos
#define tan emulated::off_tan
#define asin emulated::off_asin
#define acos emulated::off_acos
#define atan emulated::off_atan
#define sinh emulated::off_sinh
#define cosh emulated::off_cosh
#define tanh emulated::off_tanh
#define erf emulated::off_erf
#define erfc emulated::off_erfc
#define pow emulated::off_pow

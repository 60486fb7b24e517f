/* What every translated module begins with: the types and functions of engine/kernel/language.py, without a C library. */
#include <float.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(FLT_EVAL_METHOD) || FLT_EVAL_METHOD != 0
#error "floats must be computed as 64-bit doubles"
#endif
#ifdef __FAST_MATH__
#error "the kernel is not for -ffast-math: it changes results"
#endif

#ifdef _WIN32
#define PUBLIC __declspec(dllexport)
int _fltused;
int __stdcall DllMainCRTStartup(void *library, unsigned reason, void *reserved) {
    (void)library, (void)reason, (void)reserved;
    return 1;
}
#else
#define PUBLIC __attribute__((visibility("default")))
#endif

#define isnan(x) __builtin_isnan(x)
#define isfinite(x) __builtin_isfinite(x)

/* As Python has it: the later one only where it is smaller, or larger; so NaN and -0.0 go by their place. */
static inline double min_float(double a, double b) { return b < a ? b : a; }
static inline double max_float(double a, double b) { return b > a ? b : a; }
static inline int64_t min_int(int64_t a, int64_t b) { return b < a ? b : a; }
static inline int64_t max_int(int64_t a, int64_t b) { return b > a ? b : a; }
static inline double abs_float(double a) { return __builtin_fabs(a); }
static inline int64_t abs_int(int64_t a) { return a < 0 ? -a : a; }

/* Towards minus infinity; b is a constant above zero. */
static inline int64_t floor_divide(int64_t a, int64_t b) { return a / b - (a % b < 0); }
static inline int64_t modulo(int64_t a, int64_t b) { return a % b + (a % b < 0 ? b : 0); }

static inline double divide(double a, double b) { return a / b; }
static inline double root(double x) { return x >= 0.0 ? __builtin_sqrt(x) : __builtin_nan(""); }

static inline int64_t truncate(double x) {
    if (isnan(x))
        return 0;
    if (x < -0x1p63)
        return INT64_MIN;
    return x < 0x1p63 ? (int64_t)x : INT64_C(9223372036854774784);
}

static inline double whole(double x) {
    if (!(__builtin_fabs(x) < 0x1p52))
        return x;
    double part = (double)(int64_t)x;
    return part > x ? part - 1.0 : part;
}

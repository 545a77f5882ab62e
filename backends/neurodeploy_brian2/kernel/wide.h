/* The same C twice, for the processor it is built for and for AVX2, chosen when it runs. */

#ifndef ND_WIDE_H
#define ND_WIDE_H

#include <stdint.h>

#if defined(__GNUC__) && defined(__x86_64__)
#include <immintrin.h>
#define INLINE static inline __attribute__((always_inline))
#define WIDE __attribute__((target("avx2")))
#define HAS_WIDE __builtin_cpu_supports("avx2")
#define CAN_BE_WIDE 1
#define FETCH(address) __builtin_prefetch(address)
#define LOWEST_BIT __builtin_ctzll
#else
#define INLINE static inline
#define WIDE
#define HAS_WIDE 0
#define CAN_BE_WIDE 0
#define FETCH(address) ((void)(address))
#endif

/* Where the lowest bit that is set is. */
INLINE int lowest_bit(uint64_t bits) {
#ifdef LOWEST_BIT
    return LOWEST_BIT(bits);
#else
    int n = 0;
    for (; !(bits & 1); bits >>= 1) n++;
    return n;
#endif
}

#endif

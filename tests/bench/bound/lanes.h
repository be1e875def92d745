/* Eight doubles side by side, and stores that go past the cache where the processor has them. */
#ifndef LANES_H
#define LANES_H

#include <math.h>
#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#define LANES 8
typedef double lanes __attribute__((vector_size(64)));
typedef double loose __attribute__((vector_size(64), aligned(8)));

typedef int64_t whole __attribute__((vector_size(64)));

static inline lanes all(double value) { return value - (lanes){0}; }
static inline lanes load(const double *from) { return *(const loose *)from; }
static inline void store(double *to, lanes value) { *(loose *)to = value; }

static inline lanes higher(lanes x, lanes y) {
#if defined(__AVX512F__)
    return (lanes)_mm512_max_pd((__m512d)x, (__m512d)y);
#else
    const whole more = x > y;
    return (lanes)((more & (whole)x) | (~more & (whole)y));
#endif
}

static inline int any(whole mask) {
#if defined(__AVX512F__)
    return _mm512_test_epi64_mask((__m512i)mask, (__m512i)mask) != 0;
#else
    int64_t found = 0;
    for (int i = 0; i < LANES; i++) found |= mask[i];
    return found != 0;
#endif
}

static inline lanes each_exp(lanes x) {
    lanes y;
    for (int i = 0; i < LANES; i++) y[i] = exp(x[i]);
    return y;
}

/* 64 bytes at a time; both addresses are multiples of 64 bytes. */
static inline void stream(double *to, const double *from, long lines) {
    for (long line = 0; line < lines; line++, to += 8, from += 8) {
#if defined(__AVX512F__)
        _mm512_stream_pd(to, _mm512_load_pd(from));
#elif defined(__AVX__)
        _mm256_stream_pd(to, _mm256_load_pd(from));
        _mm256_stream_pd(to + 4, _mm256_load_pd(from + 4));
#elif defined(__SSE2__)
        for (int part = 0; part < 8; part += 2) _mm_stream_pd(to + part, _mm_load_pd(from + part));
#else
        memcpy(to, from, 64);
#endif
    }
}

static inline void settle(void) {
#if defined(__SSE2__)
    _mm_sfence();
#endif
}

#endif

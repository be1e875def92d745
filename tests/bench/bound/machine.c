/* What this machine can do at most: writing memory with ordinary stores and past the cache, copying, multiplying and
   adding. One call is one thread's share. */
#include "lanes.h"

int streams_past_the_cache(void) {
#if defined(__SSE2__)
    return 1;
#else
    return 0;
#endif
}

int widest_vector_bits(void) {
#if defined(__AVX512F__)
    return 512;
#elif defined(__AVX__)
    return 256;
#else
    return 128;
#endif
}

void write_ordinary(double *to, long count, double value) {
    for (long k = 0; k + LANES <= count; k += LANES) {
        *(volatile lanes *)(to + k) = all(value);
    }
}

void write_streaming(double *to, long count, double value) {
    double line[LANES] __attribute__((aligned(64)));
    store(line, all(value));
    for (long k = 0; k + LANES <= count; k += LANES) stream(to + k, line, 1);
    settle();
}

void copy(double *to, const double *from, long count) {
    for (long k = 0; k + LANES <= count; k += LANES) *(volatile lanes *)(to + k) = *(const lanes *)(from + k);
}

/* 12 independent chains of fused multiply-adds, `rounds` long: 12 * 8 * 2 operations a round. */
double fused(long rounds) {
    lanes x[12];
    for (int i = 0; i < 12; i++) x[i] = all(1.0 + i);
    const lanes a = all(0.999999), b = all(1e-9);
    for (long k = 0; k < rounds; k++) {
#pragma GCC unroll 12
        for (int i = 0; i < 12; i++) x[i] = x[i] * a + b;
    }
    double sum = 0;
    for (int i = 0; i < 12; i++) sum += x[i][0] + x[i][7];
    return sum;
}

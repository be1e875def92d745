/* The bound: six sessions of a bolus and two infusions in the eight-state system of workload.py, written for this one
   system and regimen alone, from its equations: the poles of the transfer function in closed form and its residues.
   Patients whose rates (nearly) coincide get a wrong answer here. One call computes patients `from` to `to`
   (multiples of eight) of `stride`. */
#include "lanes.h"

enum { V1, V2, V3, CL, Q2, Q3, KTR, FM, VN1, VN2, CLN, QN, KE0, WEIGHT, PARAMETERS };
enum { RATES = 7, K_D = 3, K_M = 4, K_E = 6, POINTS = 241, OUTPUTS = 3, SESSIONS = 6, SUMMARIES = 7, ROOM = 264 };
static const int LONG_GAP_AFTER[SESSIONS] = {0, 1, 0, 1, 0, 0};
static const double NG_ML = 1000.0, BOLUS = 0.05, FIRST = 0.30 / 20, SECOND = 0.20 / 20;

/* Poles and residues of eight patients. */
typedef struct {
    lanes rate[RATES], ket[3], nor[6], nor_slope, eff[4]; /* nor_slope: of t exp(-ktr t) */
    lanes minute[RATES], gap[2][RATES];                   /* decay over 1 min, and from minute 40 to the next session */
} Modes;

static Modes modes_of(const double *par, long stride, long patient) {
    Modes m;
#define P(name) load(par + (name) * stride + patient)
    const lanes k10 = P(CL) / P(V1), k12 = P(Q2) / P(V1), k21 = P(Q2) / P(V2), k13 = P(Q3) / P(V1), k31 = P(Q3) / P(V3);
    const lanes ktr = P(KTR), ke = P(KE0), kn21 = P(QN) / P(VN2);
    const lanes a2 = k10 + k12 + k13 + k21 + k31, a1 = k10 * (k21 + k31) + k21 * k31 + k12 * k31 + k13 * k21;
    const lanes a0 = k10 * k21 * k31, p = a1 - a2 * a2 / 3.0, q = a2 * (a1 / 3.0 - 2.0 / 27.0 * a2 * a2) - a0;
    lanes root[3];
    for (int i = 0; i < LANES; i++) {
        const double wide = sqrt(-p[i] / 3.0), angle = acos(fmin(1.0, fmax(-1.0, 1.5 * q[i] / (p[i] * wide)))) / 3.0;
        for (int k = 0; k < 3; k++) root[k][i] = a2[i] / 3.0 + 2.0 * wide * cos(angle - 2.0943951023931957 * k);
    }
    for (int k = 0; k < 3; k++) { /* two steps of Newton: the smallest root has lost digits */
        for (int step = 0; step < 2; step++) {
            const lanes x = root[k];
            root[k] = x - (((x - a2) * x + a1) * x - a0) / ((3.0 * x - 2.0 * a2) * x + a1);
        }
        m.rate[k] = root[k];
    }
    const lanes sum = (P(CLN) + P(QN)) / P(VN1) + kn21, product = P(CLN) / P(VN1) * kn21;
    for (int i = 0; i < LANES; i++) m.rate[K_M][i] = 0.5 * (sum[i] + sqrt(sum[i] * sum[i] - 4.0 * product[i]));
    m.rate[K_M + 1] = product / m.rate[K_M];
    m.rate[K_D] = ktr;
    m.rate[K_E] = ke;

    const lanes gain = NG_ML * P(FM) * k10 / P(VN1) * ktr * ktr, one = NG_ML / P(V1);
    const lanes fast = m.rate[K_M], slow = m.rate[K_M + 1];
#define CENTRAL(x) ((k21 - (x)) * (k31 - (x)) / ((root[0] - (x)) * (root[1] - (x)) * (root[2] - (x))))
    for (int k = 0; k < 3; k++) {
        const lanes x = root[k], others = (root[(k + 1) % 3] - x) * (root[(k + 2) % 3] - x);
        const lanes residue = (k21 - x) * (k31 - x) / others;
        m.ket[k] = one * residue;
        m.nor[k] = gain * residue * (kn21 - x) / ((ktr - x) * (ktr - x) * (fast - x) * (slow - x));
        m.eff[k] = one * residue * ke / (ke - x);
    }
    m.nor[4] = gain * CENTRAL(fast) * (kn21 - fast) / ((ktr - fast) * (ktr - fast) * (slow - fast));
    m.nor[5] = gain * CENTRAL(slow) * (kn21 - slow) / ((ktr - slow) * (ktr - slow) * (fast - slow));
    m.nor_slope = gain * CENTRAL(ktr) * (kn21 - ktr) / ((fast - ktr) * (slow - ktr));
    m.nor[3] = m.nor_slope * (1.0 / (k21 - ktr) + 1.0 / (k31 - ktr) + 1.0 / (kn21 - ktr) - 1.0 / (root[0] - ktr)
                              - 1.0 / (root[1] - ktr) - 1.0 / (root[2] - ktr) - 1.0 / (fast - ktr) - 1.0 / (slow - ktr));
    m.eff[3] = one * ke * CENTRAL(ke);
    for (int k = 0; k < RATES; k++) {
        m.minute[k] = each_exp(-m.rate[k]);
        m.gap[0][k] = each_exp(-m.rate[k] * (3 * 1440.0 - 40.0));
        m.gap[1][k] = each_exp(-m.rate[k] * (4 * 1440.0 - 40.0));
    }
    return m;
#undef P
#undef CENTRAL
}

/* What stands in front of the modes in one stretch of constant input, and after it. */
#define LINES(T)                                                                                                     \
    T base[OUTPUTS], ket[3], nor[6], nor_slope, eff[4]

typedef struct { LINES(lanes); } Stretch;

static inline Stretch enter(const Modes *m, const lanes *z, lanes w, lanes rate, lanes *deviation, lanes *w_deviation) {
    Stretch s;
    lanes steady[RATES];
    for (int k = 0; k < RATES; k++) steady[k] = rate / m->rate[k], deviation[k] = z[k] - steady[k];
    const lanes w_steady = steady[K_D] / m->rate[K_D];
    *w_deviation = w - w_steady;
    for (int o = 0; o < OUTPUTS; o++) s.base[o] = all(0);
    for (int k = 0; k < 3; k++) {
        s.ket[k] = m->ket[k] * deviation[k], s.base[0] += m->ket[k] * steady[k];
        s.eff[k] = m->eff[k] * deviation[k], s.base[2] += m->eff[k] * steady[k];
    }
    for (int k = 0; k < 6; k++) s.nor[k] = m->nor[k] * deviation[k], s.base[1] += m->nor[k] * steady[k];
    s.nor[K_D] += m->nor_slope * *w_deviation, s.base[1] += m->nor_slope * w_steady;
    s.nor_slope = m->nor_slope * deviation[K_D];
    s.eff[3] = m->eff[3] * deviation[K_E], s.base[2] += m->eff[3] * steady[K_E];
    return s;
}

/* The state after `minutes` of the stretch; `decay` is exp(-rate * minutes). */
static inline void leave(const Modes *m, lanes *z, lanes *w, lanes rate, const lanes *deviation, lanes w_deviation,
                         const lanes *decay, double minutes) {
    for (int k = 0; k < RATES; k++) z[k] = rate / m->rate[k] + deviation[k] * decay[k];
    *w = rate / (m->rate[K_D] * m->rate[K_D]) + (w_deviation + deviation[K_D] * minutes) * decay[K_D];
}

static inline void twenty(const Modes *m, lanes *decay) {
    for (int k = 0; k < RATES; k++) {
        const lanes e2 = m->minute[k] * m->minute[k], e4 = e2 * e2, e8 = e4 * e4;
        decay[k] = e8 * e8 * e4;
    }
}

/* Every stretch of every session of eight patients: the coefficients before the modes, a lane a patient. */
typedef struct {
    Stretch stretch[SESSIONS][3];
    lanes z[RATES], w; /* at the last time */
} Course;

static void course_of(const Modes *m, lanes weight, Course *course) {
    lanes z[RATES], w = all(0), deviation[RATES], w_deviation, decay[RATES];
    for (int k = 0; k < RATES; k++) z[k] = all(0);
    twenty(m, decay);
    for (int s = 0; s < SESSIONS; s++) {
        for (int k = 0; k < RATES; k++) z[k] += BOLUS * weight;
        const lanes rates[3] = {FIRST * weight, SECOND * weight, all(0)};
        for (int part = 0; part < 3; part++) {
            course->stretch[s][part] = enter(m, z, w, rates[part], deviation, &w_deviation);
            const int last = part == 2, wide = LONG_GAP_AFTER[s];
            if (last && s == SESSIONS - 1) {
                for (int k = 0; k < RATES; k++) course->z[k] = z[k], decay[k] = each_exp(-200.0 * m->rate[k]);
                course->w = w;
                leave(m, course->z, &course->w, rates[part], deviation, w_deviation, decay, 200.0);
                return;
            }
            leave(m, z, &w, rates[part], deviation, w_deviation, last ? m->gap[wide] : decay,
                  last ? (wide ? 4 * 1440.0 - 40.0 : 3 * 1440.0 - 40.0) : 20.0);
        }
    }
}

typedef struct { LINES(double); } One;

/* exp(-rate k) for k = 0, 1, … of one patient, by doubling. */
static void powers(double first, double *table) {
    double e = first;
    table[0] = 1.0, table[1] = e;
    for (int width = 2; width < LANES; width *= 2) {
        e = table[width / 2] * table[width / 2];
        for (int k = 0; k < width; k++) table[width + k] = table[k] * e;
    }
    e = table[4] * table[4];
    lanes line = load(table), step = all(e);
    for (int k = LANES; k < ROOM; k += LANES) line *= step, store(table + k, line);
}

#define PARTS for (int part = 0, at = 0; part < 3; at += LENGTH[part], part++)
static const int LENGTH[3] = {20, 20, 201};

/* One session of one patient, three outputs of 241 points; writes up to seven values too far. */
static inline void session(const One *one, double (*e)[ROOM], const double *minute, double *to) {
    PARTS {
        const One *c = one + part;
        for (int k = 0; k < LENGTH[part]; k += LANES)
            store(to + at + k, c->base[0] + c->ket[0] * load(e[0] + k) + c->ket[1] * load(e[1] + k)
                                   + c->ket[2] * load(e[2] + k));
    }
    to += POINTS;
    PARTS {
        const One *c = one + part;
        for (int k = 0; k < LENGTH[part]; k += LANES)
            store(to + at + k, c->base[1] + c->nor[0] * load(e[0] + k) + c->nor[1] * load(e[1] + k)
                                   + c->nor[2] * load(e[2] + k) + c->nor[4] * load(e[4] + k) + c->nor[5] * load(e[5] + k)
                                   + (c->nor[3] + c->nor_slope * load(minute + k)) * load(e[3] + k));
    }
    to += POINTS;
    PARTS {
        const One *c = one + part;
        for (int k = 0; k < LENGTH[part]; k += LANES)
            store(to + at + k, c->base[2] + c->eff[0] * load(e[0] + k) + c->eff[1] * load(e[1] + k)
                                   + c->eff[2] * load(e[2] + k) + c->eff[3] * load(e[6] + k));
    }
}

/* All trajectories: out[patient][session][output][minute], `out` (at patient `from`) on a multiple of 64 bytes. */
void trajectories(const double *par, long stride, long from, long to, double *out) {
    double staged[OUTPUTS * POINTS + 2 * LANES + 16] __attribute__((aligned(64)));
    double e[RATES][ROOM] __attribute__((aligned(64))), minute[ROOM] __attribute__((aligned(64)));
    Course course;
    One one[3];
    long waiting = 0;
    for (int k = 0; k < ROOM; k++) minute[k] = k;
    for (long patient = from; patient < to; patient += LANES) {
        const Modes m = modes_of(par, stride, patient);
        course_of(&m, load(par + WEIGHT * stride + patient), &course);
        for (int lane = 0; lane < LANES; lane++) {
            for (int k = 0; k < RATES; k++) powers(m.minute[k][lane], e[k]);
            for (int s = 0; s < SESSIONS; s++) {
                for (int part = 0; part < 3; part++) {
                    const lanes *wide = (const lanes *)&course.stretch[s][part];
                    double *narrow = (double *)&one[part];
                    for (unsigned k = 0; k < sizeof(One) / sizeof(double); k++) narrow[k] = wide[k][lane];
                }
                session(one, e, minute, staged + waiting);
                waiting += OUTPUTS * POINTS;
                const long lines = waiting / LANES;
                stream(out, staged, lines);
                out += lines * LANES;
                memcpy(staged, staged + lines * LANES, 64);
                waiting -= lines * LANES;
            }
        }
    }
    memcpy(out, staged, waiting * sizeof(double));
    settle();
}

/* The integral of dz/dt = -rate z + input is (what entered - what is left) / rate. */
static void areas(const Modes *m, const Course *course, lanes weight, lanes *area) {
    const lanes entered = SESSIONS * (BOLUS + 20.0 * (FIRST + SECOND)) * weight;
    lanes dwelt[RATES];
    for (int k = 0; k < RATES; k++) dwelt[k] = (entered - course->z[k]) / m->rate[k];
    const lanes later = (dwelt[K_D] - course->w) / m->rate[K_D];
    area[0] = m->ket[0] * dwelt[0] + m->ket[1] * dwelt[1] + m->ket[2] * dwelt[2];
    area[1] = m->nor_slope * later;
    for (int k = 0; k < 6; k++) area[1] += m->nor[k] * dwelt[k];
    area[2] = m->eff[0] * dwelt[0] + m->eff[1] * dwelt[1] + m->eff[2] * dwelt[2] + m->eff[3] * dwelt[K_E];
}

/* The part of a minute that the straight line from `before` to `after` is above zero. */
static inline lanes share_above(lanes before, lanes after) {
    const whole was = before > 0, is = after > 0;
    lanes share = -__builtin_convertvector(was & is, lanes);
    if (any(was ^ is)) {
        const lanes height = before - after, up = after / (after - before), down = before / height;
        const whole rises = is & ~was, falls = was & ~is;
        share += (lanes)(((whole)up & rises) | ((whole)down & falls));
    }
    return share;
}

/* Peaks on the grids (ng/mL), whole areas from the start to the last time (ng/mL min, exact), and minutes of the grids
   with the effect site over `level`, straight from one minute to the next: out[patient][7]. */
void summaries(const double *par, long stride, long from, long to, double level, double *out) {
    Course course;
    for (long patient = from; patient < to; patient += LANES) {
        const Modes m = modes_of(par, stride, patient);
        const lanes weight = load(par + WEIGHT * stride + patient);
        course_of(&m, weight, &course);
        lanes peak[OUTPUTS] = {all(0), all(0), all(0)}, area[OUTPUTS], over = all(0);
        for (int s = 0; s < SESSIONS; s++) {
            lanes above = all(0);
            for (int part = 0; part < 3; part++) {
                const Stretch c = course.stretch[s][part];
                lanes e[RATES], slope = c.nor[3], y[OUTPUTS];
                for (int k = 0; k < RATES; k++) e[k] = all(1);
                for (int k = 0; k < LENGTH[part]; k++) {
                    y[0] = c.base[0] + c.ket[0] * e[0] + c.ket[1] * e[1] + c.ket[2] * e[2];
                    y[1] = c.base[1] + c.nor[0] * e[0] + c.nor[1] * e[1] + c.nor[2] * e[2] + slope * e[3]
                           + c.nor[4] * e[4] + c.nor[5] * e[5];
                    y[2] = c.base[2] + c.eff[0] * e[0] + c.eff[1] * e[1] + c.eff[2] * e[2] + c.eff[3] * e[6];
                    slope += c.nor_slope;
                    for (int r = 0; r < RATES; r++) e[r] *= m.minute[r];
                    for (int o = 0; o < OUTPUTS; o++) peak[o] = higher(y[o], peak[o]);
                    const lanes before = above;
                    above = y[2] - level;
                    if (part || k) over += share_above(before, above);
                }
            }
        }
        areas(&m, &course, weight, area);
        for (int lane = 0; lane < LANES; lane++) {
            double *row = out + (patient + lane - from) * SUMMARIES;
            for (int o = 0; o < OUTPUTS; o++) row[o] = peak[o][lane], row[OUTPUTS + o] = area[o][lane];
            row[6] = over[lane];
        }
    }
}

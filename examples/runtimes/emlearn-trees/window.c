/* window.h, in the order of its table. */
#include "window.h"

#include <stdbool.h>

#define OCTAVES 5
#define PER_SIGNAL (6 + OCTAVES)
#define ONE (1 << 14)

static int16_t limited(int64_t value, int64_t least, int64_t greatest)
{
    return (int16_t)(value < least ? least : value > greatest ? greatest : value);
}

/* The quotient, rounded down. */
static int64_t divided(int64_t value, int64_t divisor)
{
    return value / divisor - (value % divisor < 0);
}

/* The square root, rounded down. */
static uint32_t root(uint64_t square)
{
    uint64_t found = 0;
    for (uint64_t bit = UINT64_C(1) << 62; bit; bit >>= 2) {
        bool fits = square >= found + bit;
        square -= fits ? found + bit : 0;
        found = (found >> 1) + (fits ? bit : 0);
    }
    return (uint32_t)found;
}

static int64_t dot(const int16_t *a, const int16_t *b, int count)
{
    int64_t sum = 0;
    for (int i = 0; i < count; i++) {
        sum += (int32_t)a[i] * b[i];
    }
    return sum;
}

static int16_t root_of_mean(int64_t sum, int count)
{
    return limited(root((uint64_t)sum / (uint32_t)count), 0, INT16_MAX);
}

static void octaves(const int16_t *centred, int samples, int16_t *averages, int16_t *features)
{
    const int16_t *from = centred;
    for (int octave = 0; octave < OCTAVES; octave++) {
        int64_t details = 0;
        samples /= 2;
        for (int i = 0; i < samples; i++) {
            int32_t first = from[2 * i], second = from[2 * i + 1], detail = (first - second) >> 1;
            details += detail * detail;
            averages[i] = (int16_t)((first + second) >> 1);
        }
        features[octave] = root_of_mean(details, samples);
        from = averages;
    }
}

/* Writes the features of one signal and takes its mean off it. Gives the sum of its squares then. */
static int64_t of_signal(int16_t *signal, int samples, int16_t *work, int16_t *features)
{
    int32_t sum = 0, crossings = 0, steps = 0;
    int16_t least = INT16_MAX, greatest = INT16_MIN, previous = signal[0];
    for (int i = 0; i < samples; i++) {
        sum += signal[i];
    }
    int32_t mean = (int32_t)divided(sum, samples);
    bool below = signal[0] < mean;
    for (int i = 0; i < samples; i++) {
        int32_t value = signal[i], step = value - previous;
        least = value < least ? (int16_t)value : least;
        greatest = value > greatest ? (int16_t)value : greatest;
        steps += step < 0 ? -step : step;
        crossings += below != (value < mean);
        below = value < mean;
        previous = signal[i];
        signal[i] = limited(value - mean, INT16_MIN, INT16_MAX);
    }
    int64_t squares = dot(signal, signal, samples);
    const int16_t own[] = {(int16_t)mean, root_of_mean(squares, samples), least, greatest, (int16_t)crossings,
                           limited(steps / (samples - 1), 0, INT16_MAX)};
    for (int i = 0; i < PER_SIGNAL - OCTAVES; i++) {
        features[i] = own[i];
    }
    octaves(signal, samples, work, features + PER_SIGNAL - OCTAVES);
    return squares;
}

static int16_t correlation(int64_t product, int64_t a, int64_t b)
{
    int64_t divisor = (int64_t)root((uint64_t)a) * root((uint64_t)b);
    return divisor ? limited(divided(product * ONE, divisor), -ONE, ONE) : 0;
}

static void period(const int16_t *centred, int samples, int64_t squares, int16_t *features)
{
    bool began = false;
    int64_t best = 0;
    int lag_of_best = 0;
    for (int lag = 1; lag <= samples / 2; lag++) {
        int64_t product = dot(centred, centred + lag, samples - lag);
        began |= product <= 0;
        if (began && product > best) {
            best = product;
            lag_of_best = lag;
        }
    }
    features[0] = (int16_t)lag_of_best;
    features[1] = lag_of_best && squares ? limited(best * ONE / squares, 0, ONE) : 0;
}

void window_features(int16_t *window, int samples, int16_t *work, int16_t *features)
{
    int16_t *x = window, *y = x + samples, *z = y + samples, *magnitude = work;
    work += samples;
    for (int i = 0; i < samples; i++) {
        uint32_t sum = 0;
        for (int axis = 0; axis < 3; axis++) {
            int32_t value = window[axis * samples + i];
            sum += (uint32_t)(value * value);
        }
        magnitude[i] = limited(root(sum), 0, INT16_MAX);
    }
    int16_t *const signals[] = {x, y, z, magnitude};
    int64_t squares[4];
    for (int i = 0; i < 4; i++) {
        squares[i] = of_signal(signals[i], samples, work, features + i * PER_SIGNAL);
    }
    features += 4 * PER_SIGNAL;
    features[0] = correlation(dot(x, y, samples), squares[0], squares[1]);
    features[1] = correlation(dot(x, z, samples), squares[0], squares[2]);
    features[2] = correlation(dot(y, z, samples), squares[1], squares[2]);
    uint32_t area = 0;
    for (int i = 0; i < 3 * samples; i++) {
        area += (uint32_t)(window[i] < 0 ? -window[i] : window[i]);
    }
    features[3] = limited(area / (uint32_t)samples, 0, INT16_MAX);
    period(magnitude, samples, squares[3], features + 4);
}

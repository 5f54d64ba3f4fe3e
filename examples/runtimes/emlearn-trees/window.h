/* The features of a window of an accelerometer that tinybench's forests judge: the table in
 * targets/runtimes/classical/src/features.rs is their definition. */
#include <stdint.h>

#define FEATURES 50

/* Writes the features of a window of `samples` of x, of y and of z, one after the other. The window is
 * overwritten; `work` has 3 * samples / 2 numbers. */
void window_features(int16_t *window, int samples, int16_t *work, int16_t *features);

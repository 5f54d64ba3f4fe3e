/* A forest that emlearn has written as C, behind tinybench_runtime.h. A window of raw samples comes in and
 * is overwritten by its features' computation; probabilities leave as bytes, in units of 1/255 less 128. */
#include <math.h>

#include "window.h"
#include "model.h"
#include "tinybench_runtime.h"

struct buffers {
    int16_t window[3 * SAMPLES], work[3 * SAMPLES / 2], features[FEATURES];
    float probabilities[CLASSES];
    int8_t output[CLASSES];
};

static struct buffers *buffers;

int32_t tinybench_runtime_prepare(const void *model, size_t model_bytes, void *arena, size_t arena_bytes)
{
    (void)model;
    (void)model_bytes;
    if (arena_bytes < sizeof *buffers) {
        return TINYBENCH_RUNTIME_ARENA_TOO_SMALL;
    }
    buffers = arena;
    return TINYBENCH_RUNTIME_OK;
}

struct tinybench_runtime_tensor tinybench_runtime_input(size_t position)
{
    struct tinybench_runtime_tensor input = {buffers->window, position == 0 ? sizeof buffers->window : 0};
    return input;
}

struct tinybench_runtime_tensor tinybench_runtime_output(size_t position)
{
    struct tinybench_runtime_tensor output = {buffers->output, position == 0 ? CLASSES : 0};
    return output;
}

int32_t tinybench_runtime_invoke(void)
{
    window_features(buffers->window, SAMPLES, buffers->work, buffers->features);
    int error = model_run(buffers->features, buffers->probabilities);
    for (size_t i = 0; i < CLASSES; i++) {
        buffers->output[i] = (int8_t)(roundf(buffers->probabilities[i] * 255) - 128);
    }
    return error;
}

size_t tinybench_runtime_arena_used(void)
{
    return sizeof *buffers;
}

void tinybench_runtime_release(void)
{
}

/* A network that emlearn has written as C, behind tinybench_runtime.h. The model's integers are made floats
 * and back again here; they and their floats lie in the arena, emlearn's own buffers are static. */
#include <math.h>

#include "model.h"
#include "tinybench_runtime.h"

struct buffers {
    float in[INPUT_COUNT], out[OUTPUT_COUNT];
    int8_t input[INPUT_COUNT], output[OUTPUT_COUNT];
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
    struct tinybench_runtime_tensor input = {buffers->input, position == 0 ? INPUT_COUNT : 0};
    return input;
}

struct tinybench_runtime_tensor tinybench_runtime_output(size_t position)
{
    struct tinybench_runtime_tensor output = {buffers->output, position == 0 ? OUTPUT_COUNT : 0};
    return output;
}

int32_t tinybench_runtime_invoke(void)
{
    for (size_t i = 0; i < INPUT_COUNT; i++) {
        buffers->in[i] = (float)(buffers->input[i] - INPUT_ZERO) * INPUT_SCALE;
    }
    int error = model_run(buffers->in, buffers->out);
    for (size_t i = 0; i < OUTPUT_COUNT; i++) {
        float steps = roundf(buffers->out[i] / OUTPUT_SCALE) + OUTPUT_ZERO;
        buffers->output[i] = (int8_t)fminf(fmaxf(steps, -128), 127);
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

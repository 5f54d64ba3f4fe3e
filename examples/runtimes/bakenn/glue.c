/* C that BakeNN has generated, behind tinybench_runtime.h. Input, output and BakeNN's own arena lie in the
 * arena one after the other. */
#include <math.h>

#include "bknn_model.h"
#include "softmax.h"
#include "tinybench_runtime.h"

#define ROUNDED(bytes) (((size_t)(bytes) + 15) / 16 * 16)
#define INPUT_AT ROUNDED(BKNN_MODEL_ARENA_SIZE)
#define OUTPUT_AT (INPUT_AT + ROUNDED(BKNN_MODEL_INPUT_BYTES))
#define USED (OUTPUT_AT + ROUNDED(BKNN_MODEL_OUTPUT_BYTES))

static uint8_t *arena;

int32_t tinybench_runtime_prepare(const void *model, size_t model_bytes, void *given, size_t given_bytes)
{
    (void)model;
    (void)model_bytes;
    if (given_bytes < USED) {
        return TINYBENCH_RUNTIME_ARENA_TOO_SMALL;
    }
    arena = given;
    return TINYBENCH_RUNTIME_OK;
}

struct tinybench_runtime_tensor tinybench_runtime_input(size_t position)
{
    struct tinybench_runtime_tensor input = {arena + INPUT_AT, BKNN_MODEL_INPUT_BYTES};
    struct tinybench_runtime_tensor none = {NULL, 0};
    return position == 0 ? input : none;
}

struct tinybench_runtime_tensor tinybench_runtime_output(size_t position)
{
    struct tinybench_runtime_tensor output = {arena + OUTPUT_AT, BKNN_MODEL_OUTPUT_BYTES};
    struct tinybench_runtime_tensor none = {NULL, 0};
    return position == 0 ? output : none;
}

#if WITH_SOFTMAX
/* The softmax that BakeNN doesn't read, in floats: int8 of scale 1/256 and zero point -128, as TensorFlow
 * Lite wants it. */
static void softmax(int8_t *values, size_t count)
{
    float powers[BKNN_MODEL_OUTPUT_SIZE], sum = 0;
    int8_t largest = values[0];
    for (size_t i = 1; i < count; i++) {
        largest = values[i] > largest ? values[i] : largest;
    }
    for (size_t i = 0; i < count; i++) {
        powers[i] = expf((float)(values[i] - largest) * (float)BKNN_MODEL_OUTPUT_SCALE);
        sum += powers[i];
    }
    for (size_t i = 0; i < count; i++) {
        int32_t value = (int32_t)(powers[i] / sum * 256.0f + 0.5f) - 128;
        values[i] = (int8_t)(value > 127 ? 127 : value);
    }
}
#endif

int32_t tinybench_runtime_invoke(void)
{
    int8_t *output = (int8_t *)(arena + OUTPUT_AT);
    bknn_model_infer(BKNN_MODEL_ARENA_SIZE ? arena : NULL, (const int8_t *)(arena + INPUT_AT), output);
#if WITH_SOFTMAX
    softmax(output, BKNN_MODEL_OUTPUT_SIZE);
#endif
    return TINYBENCH_RUNTIME_OK;
}

size_t tinybench_runtime_arena_used(void)
{
    return USED;
}

void tinybench_runtime_release(void)
{
}

/* An inference engine in C, as small as can be: chains of fully connected int8 layers, read in place from a
 * TensorFlow Lite file. An example of tinybench_runtime.h; docs/runtimes.md walks through it. */
#include <math.h>
#include <string.h>

#include "tinybench_runtime.h"

/* Codes of its own, which tinybench reports. */
enum { NOT_A_MODEL = 100, TOO_MANY_LAYERS, OTHER_OPERATOR, OTHER_TYPE };

#define MOST_LAYERS 16
#define FULLY_CONNECTED 9
#define INT8 9
#define RELU 1

struct layer {
    const int8_t *weights;
    const int32_t *bias;
    size_t inputs, outputs;
    int32_t input_zero, output_zero, weight_zero;
    int32_t multiplier, shift, least;
};

static struct {
    struct layer layers[MOST_LAYERS];
    size_t count, widest, used;
    int8_t *halves[2];
} engine;

/* FlatBuffers: a table begins with the distance to its list of fields; what a field refers to is told by a
 * distance, too. */
static uint32_t word(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static const uint8_t *follow(const uint8_t *at)
{
    return at ? at + word(at) : NULL;
}

static const uint8_t *field(const uint8_t *table, unsigned index)
{
    const uint8_t *fields = table - (int32_t)word(table);
    uint16_t bytes, offset;
    memcpy(&bytes, fields, sizeof bytes);
    if (4 + 2 * index >= bytes) {
        return NULL;
    }
    memcpy(&offset, fields + 4 + 2 * index, sizeof offset);
    return offset ? table + offset : NULL;
}

/* The element of a vector of tables. */
static const uint8_t *table_at(const uint8_t *vector, uint32_t index)
{
    return follow(vector + 4 + 4 * index);
}

static int32_t int_at(const uint8_t *vector, uint32_t index)
{
    return vector && index < word(vector) ? (int32_t)word(vector + 4 + 4 * index) : 0;
}

static float scale_of(const uint8_t *tensor)
{
    const uint8_t *quantisation = follow(field(tensor, 4));
    int32_t bits = int_at(follow(field(quantisation, 2)), 0);
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    return scale;
}

static int32_t zero_of(const uint8_t *tensor)
{
    const uint8_t *zeros = follow(field(follow(field(tensor, 4)), 3));
    return zeros ? (int32_t)word(zeros + 4) : 0;
}

static const void *data_of(const uint8_t *buffers, const uint8_t *tensor)
{
    const uint8_t *index = field(tensor, 2);
    const uint8_t *data = follow(field(table_at(buffers, index ? word(index) : 0), 0));
    return data ? data + 4 : NULL;
}

static size_t elements(const uint8_t *tensor)
{
    const uint8_t *shape = follow(field(tensor, 0));
    size_t count = 1;
    for (uint32_t i = 0; i < word(shape); i++) {
        count *= (size_t)int_at(shape, i);
    }
    return count;
}

static int is_int8(const uint8_t *tensor)
{
    const uint8_t *type = field(tensor, 1);
    return type && *type == INT8;
}

static int32_t read_layer(struct layer *layer, const uint8_t *model, const uint8_t *graph,
                          const uint8_t *operator)
{
    const uint8_t *code = field(operator, 0);
    const uint8_t *entry = table_at(follow(field(model, 1)), code ? word(code) : 0);
    const uint8_t *old_code = field(entry, 0), *new_code = field(entry, 3);
    if (!(old_code && *old_code == FULLY_CONNECTED) && !(new_code && word(new_code) == FULLY_CONNECTED)) {
        return OTHER_OPERATOR;
    }
    const uint8_t *tensors = follow(field(graph, 0)), *buffers = follow(field(model, 4));
    const uint8_t *from = follow(field(operator, 1));
    const uint8_t *input = table_at(tensors, (uint32_t)int_at(from, 0));
    const uint8_t *weights = table_at(tensors, (uint32_t)int_at(from, 1));
    const uint8_t *output = table_at(tensors, (uint32_t)int_at(follow(field(operator, 2)), 0));
    if (!is_int8(input) || !is_int8(weights) || !is_int8(output)) {
        return OTHER_TYPE;
    }
    layer->weights = data_of(buffers, weights);
    layer->bias = word(from) > 2 ? data_of(buffers, table_at(tensors, (uint32_t)int_at(from, 2))) : NULL;
    layer->outputs = (size_t)int_at(follow(field(weights, 0)), 0);
    layer->inputs = elements(weights) / layer->outputs;
    layer->input_zero = zero_of(input);
    layer->weight_zero = zero_of(weights);
    layer->output_zero = zero_of(output);
    double scale = (double)(scale_of(input) * scale_of(weights)) / (double)scale_of(output);
    int exponent;
    int64_t multiplier = llround(frexp(scale, &exponent) * 2147483648.0);
    if (multiplier == 1LL << 31) {
        multiplier /= 2;
        exponent++;
    }
    layer->multiplier = (int32_t)multiplier;
    layer->shift = exponent;
    const uint8_t *options = follow(field(operator, 4));
    const uint8_t *activation = options ? field(options, 0) : NULL;
    layer->least = activation && *activation == RELU ? layer->output_zero : -128;
    return TINYBENCH_RUNTIME_OK;
}

int32_t tinybench_runtime_prepare(const void *file, size_t bytes, void *arena, size_t arena_bytes)
{
    if (bytes < 8 || memcmp((const uint8_t *)file + 4, "TFL3", 4) != 0) {
        return NOT_A_MODEL;
    }
    const uint8_t *model = follow(file);
    const uint8_t *graph = table_at(follow(field(model, 2)), 0);
    const uint8_t *operators = follow(field(graph, 3));
    engine.count = word(operators);
    if (engine.count == 0 || engine.count > MOST_LAYERS) {
        return TOO_MANY_LAYERS;
    }
    engine.widest = 0;
    for (size_t i = 0; i < engine.count; i++) {
        struct layer *layer = &engine.layers[i];
        int32_t code = read_layer(layer, model, graph, table_at(operators, i));
        if (code != TINYBENCH_RUNTIME_OK) {
            return code;
        }
        size_t wider = layer->inputs > layer->outputs ? layer->inputs : layer->outputs;
        engine.widest = wider > engine.widest ? wider : engine.widest;
    }
    /* Layers read from one half of the arena and write to the other. */
    engine.used = 2 * engine.widest;
    if (engine.used > arena_bytes) {
        return TINYBENCH_RUNTIME_ARENA_TOO_SMALL;
    }
    engine.halves[0] = arena;
    engine.halves[1] = (int8_t *)arena + engine.widest;
    return TINYBENCH_RUNTIME_OK;
}

struct tinybench_runtime_tensor tinybench_runtime_input(size_t position)
{
    struct tinybench_runtime_tensor input = {engine.halves[0], engine.layers[0].inputs};
    struct tinybench_runtime_tensor none = {NULL, 0};
    return position == 0 ? input : none;
}

struct tinybench_runtime_tensor tinybench_runtime_output(size_t position)
{
    struct tinybench_runtime_tensor output = {engine.halves[engine.count % 2],
                                              engine.layers[engine.count - 1].outputs};
    struct tinybench_runtime_tensor none = {NULL, 0};
    return position == 0 ? output : none;
}

/* Multiplies by multiplier / 2^31 * 2^shift, rounding twice, as TensorFlow Lite does. */
static int32_t rescale(int32_t value, int32_t multiplier, int32_t shift)
{
    int32_t left = shift > 0 ? shift : 0, right = shift > 0 ? 0 : -shift;
    int64_t product = (int64_t)(value * (1 << left)) * multiplier;
    int64_t nudge = product >= 0 ? 1LL << 30 : 1 - (1LL << 30);
    int32_t high = (int32_t)((product + nudge) / (1LL << 31));
    int32_t mask = (int32_t)((1LL << right) - 1);
    int32_t threshold = (mask >> 1) + (high < 0);
    return (high >> right) + ((high & mask) > threshold);
}

int32_t tinybench_runtime_invoke(void)
{
    for (size_t i = 0; i < engine.count; i++) {
        const struct layer *layer = &engine.layers[i];
        const int8_t *input = engine.halves[i % 2], *weights = layer->weights;
        int8_t *output = engine.halves[(i + 1) % 2];
        tinybench_operator_begins(i);
        for (size_t row = 0; row < layer->outputs; row++, weights += layer->inputs) {
            int32_t sum = layer->bias ? layer->bias[row] : 0;
            for (size_t column = 0; column < layer->inputs; column++) {
                sum += (input[column] - layer->input_zero) * (weights[column] - layer->weight_zero);
            }
            int32_t value = rescale(sum, layer->multiplier, layer->shift) + layer->output_zero;
            value = value < layer->least ? layer->least : value;
            output[row] = (int8_t)(value > 127 ? 127 : value);
        }
        tinybench_operator_ends();
    }
    return TINYBENCH_RUNTIME_OK;
}

size_t tinybench_runtime_arena_used(void)
{
    return engine.used;
}

void tinybench_runtime_release(void)
{
    engine.used = 0;
}

/* What an inference engine in C or C++ implements, so that tinybench can measure it.
 *
 * tinybench brings everything else: start-up, clocks and caches, the arena, stack painting, faults, the
 * conversation with the host. An engine sets up no chip and needs no linker script. Its functions are
 * called one at a time and never from an interrupt. docs/runtimes.md tells the steps; the Rust twin is
 * the trait `Runtime` of `tinybench-interface`.
 *
 * An engine in C++ includes this header where it defines the functions, which then have C linkage.
 */
#ifndef TINYBENCH_RUNTIME_H
#define TINYBENCH_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What prepare and invoke return. Any other value is the engine's own code, which is reported. */
enum {
    TINYBENCH_RUNTIME_OK = 0,
    /* Of prepare: the arena is too small. `tinybench_runtime_arena_used` may then say how many bytes
     * would do, or 0. */
    TINYBENCH_RUNTIME_ARENA_TOO_SMALL = 1
};

/* The memory of one of the model's inputs or outputs. */
struct tinybench_runtime_tensor {
    /* Where it is: in the arena or among the engine's variables. */
    void *data;
    /* Its size; 0 past the last tensor. */
    size_t bytes;
};

/* Gets ready to run a model. `model` lies in flash, aligned to 16 bytes, and may be read in place; it
 * has 0 bytes if the model is compiled into the engine. `arena` is aligned to 16 bytes. Whatever grows
 * with the model belongs there; an engine that has static buffers instead leaves it alone. Called again
 * after tinybench_runtime_release, with an arena of another size. */
int32_t tinybench_runtime_prepare(const void *model, size_t model_bytes, void *arena,
                                  size_t arena_bytes);

/* The model's inputs and outputs, in its order, from 0. They stay where they are until release. */
struct tinybench_runtime_tensor tinybench_runtime_input(size_t position);
struct tinybench_runtime_tensor tinybench_runtime_output(size_t position);

/* One inference: all that is timed. */
int32_t tinybench_runtime_invoke(void);

/* Bytes of the arena that are in use; 0 if the engine leaves it alone. */
size_t tinybench_runtime_arena_used(void);

/* Gives back what prepare took. Called only after a prepare that returned TINYBENCH_RUNTIME_OK. */
void tinybench_runtime_release(void);

/* May be left out: forgets what earlier inferences left behind, for a model with a state. */
void tinybench_runtime_reset(void);

/* Two functions that tinybench brings and an engine may call, so that `tinybench profile` can tell its
 * operators apart: before and behind each operator of an inference. `index` is that of the operator among
 * those of the model's file, from 0, or any number of the engine's own where the model is none of
 * TensorFlow Lite's. An operator that calls others may do so between the two calls: what they cost is then
 * part of it. In an image that is measured both return at once. */
void tinybench_operator_begins(uint32_t index);
void tinybench_operator_ends(void);

#ifdef __cplusplus
}
#endif

#endif

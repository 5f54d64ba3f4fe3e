/* The on-target interface of tinybench, for programs in C and C++.
 *
 * A program that is to be measured holds one `struct tinybench_block`, in RAM, under the name
 * TINYBENCH_BLOCK; the host finds it through that ELF symbol. The conversation:
 *
 *  1. After reset the program initialises itself, sets `status` to TINYBENCH_READY and halts on
 *     a BKPT instruction.
 *  2. With the core halted the host writes `command` and its arguments, then lets the core run
 *     on behind the BKPT.
 *  3. The program carries the command out, writes its answers and `status`, and halts on the
 *     BKPT again. Nothing is exchanged while it runs.
 *  4. A fault at any time is written to `fault`; the program halts with TINYBENCH_FAULT.
 *
 * All fields are 32-bit little-endian words, so the layout is the same for every compiler. The
 * Rust crate beside this file, `tinybench-interface`, is the same description; its tests compare
 * the two, field by field. targets/runtimes/README.md says how a runtime in C is measured.
 */
#ifndef TINYBENCH_H
#define TINYBENCH_H

#include <stdint.h>

/* First word of the block: "TBLK", little-endian. */
#define TINYBENCH_MAGIC 0x4B4C4254u
/* Version of this layout. The host refuses an image of another version. */
#define TINYBENCH_VERSION 3u
/* How many runs one TINYBENCH_RUN can record. */
#define TINYBENCH_CYCLES_CAPACITY 256u
/* Value of every word of painted stack and arena. */
#define TINYBENCH_PAINT 0xA5C35A3Cu

/* ELF sections by which the flash an image takes up is told apart. */
#define TINYBENCH_MODEL_SECTION ".tinybench.model"
#define TINYBENCH_RUNTIME_SECTION ".tinybench.runtime"
#define TINYBENCH_PIPELINE_SECTION ".tinybench.pipeline"
#define TINYBENCH_LEARNING_SECTION ".tinybench.learning"
#define TINYBENCH_HARNESS_SECTION ".tinybench.harness"

/* What the host asks of the program. Values of `command`. */
enum tinybench_command {
    /* Nothing: halt again at once. */
    TINYBENCH_NONE = 0,
    /* Give the runtime its model and the first `arena_limit` bytes of the arena, plan it, and
     * describe the result: input, output and arena fields become valid. The arena is painted
     * before. What was in the input buffer is lost. */
    TINYBENCH_PREPARE = 1,
    /* `run_count` times: run the `stages` with interrupts off, recording the cycles of each.
     * Before the inference the input buffer is copied into the model's input, behind the last run
     * the output into the output buffer, if they aren't in the arena. The copies are not timed. */
    TINYBENCH_RUN = 2,
    /* Measure the cycle counter against a loop of 1,024 iterations: fills `counter_overhead`
     * and `counter_check`. */
    TINYBENCH_CHECK_COUNTER = 3,
    /* Make a learner that knows nothing, as `struct tinybench_learning` says. The host sends this
     * and the next two only to a program whose `learning_address` is not 0. */
    TINYBENCH_BEGIN_LEARNING = 4,
    /* One sample: features, prediction, learning. */
    TINYBENCH_LEARN = 5,
    /* Condense the learner's memory. */
    TINYBENCH_CONDENSE = 6,
    /* As TINYBENCH_RUN, but go on from the state that the inference before left behind. */
    TINYBENCH_STEP = 7
};

/* What a step of TINYBENCH_LEARN begins with. Values of `source`. */
enum tinybench_learning_source {
    /* The input buffer: the runtime extracts the features. */
    TINYBENCH_LEARNING_SOURCE_INPUT = 0,
    /* The output buffer, into which the host has put features. */
    TINYBENCH_LEARNING_SOURCE_FEATURES = 1
};

/* What TINYBENCH_RUN runs. Values of `stages`. A program without a front end knows the first. */
enum tinybench_stages {
    /* The inference alone, on what the host has put into the input buffer. */
    TINYBENCH_STAGES_INFERENCE = 0,
    /* All: features from the audio buffer into the input buffer (preprocess), the inference, and
     * the answer from the output (postprocess). */
    TINYBENCH_STAGES_ALL = 1
};

/* What the output means. Values of `task`. */
enum tinybench_task {
    /* The answer is the index of the largest value, the first of equals. */
    TINYBENCH_TASK_CLASSIFICATION = 0,
    /* The answer is the mean squared difference between the real values of input and output. */
    TINYBENCH_TASK_ANOMALY = 1
};

/* What the program answers. Values of `status`. */
enum tinybench_status {
    /* Not started yet (the initial value), or at work. */
    TINYBENCH_BUSY = 0,
    /* Start-up is complete and no command has been carried out yet. */
    TINYBENCH_READY = 1,
    /* The command was carried out. */
    TINYBENCH_DONE = 2,
    /* The command failed: see `error`. */
    TINYBENCH_FAILED = 3,
    /* A processor exception was caught: see `fault`. */
    TINYBENCH_FAULT = 4
};

/* Why a command failed. Values of `error`. */
enum tinybench_error {
    TINYBENCH_ERROR_NONE = 0,
    /* The command is not one of tinybench_command, or came before TINYBENCH_PREPARE. */
    TINYBENCH_ERROR_BAD_COMMAND = 1,
    /* The arena is too small: error_detail[0] bytes are needed, error_detail[1] were given. */
    TINYBENCH_ERROR_ARENA_TOO_SMALL = 2,
    /* The runtime refused the model: error_detail[0] is its own code, error_detail[1] the index
     * of the operator, or 0xFFFFFFFF if it isn't one operator's fault. */
    TINYBENCH_ERROR_BAD_MODEL = 3,
    /* `run_count` is zero or above `cycles_capacity`. */
    TINYBENCH_ERROR_BAD_RUN_COUNT = 4,
    /* The cycle counter does not count, or not at a plausible rate. */
    TINYBENCH_ERROR_COUNTER_STUCK = 5,
    /* Run error_detail[0] took more than 2^32 cycles. */
    TINYBENCH_ERROR_COUNTER_WRAPPED = 6,
    /* The runtime reported an error, error_detail[0], during an inference. */
    TINYBENCH_ERROR_INVOKE_FAILED = 7,
    /* Input and output don't fit: error_detail[0] bytes are needed, error_detail[1] are there. */
    TINYBENCH_ERROR_BUFFER_TOO_SMALL = 8,
    /* The program can't run the `stages`, or doesn't know the `task`. */
    TINYBENCH_ERROR_BAD_STAGES = 9,
    /* The program can't learn (error_detail[0] is 0), or not with these figures. */
    TINYBENCH_ERROR_BAD_LEARNING = 10
};

/* A caught processor exception (Armv7-M Architecture Reference Manual, B1.5 and B3.2). */
struct tinybench_fault {
    /* Exception number (IPSR): 3 HardFault, 4 MemManage, 5 BusFault, 6 UsageFault, 2 NMI. 0 for
     * a panic: then r[0] and r[1] are address and length of the source file's name, r[2] and
     * r[3] line and column. */
    uint32_t exception;
    /* Stacked R0-R3, then R4-R11 as they were in the handler, then stacked R12. */
    uint32_t r[13];
    /* Stack pointer before the exception frame was pushed. */
    uint32_t sp;
    /* Stacked link register. */
    uint32_t lr;
    /* Stacked program counter: the instruction that faulted, if the fault is precise. */
    uint32_t pc;
    /* Stacked program status register. */
    uint32_t xpsr;
    /* Configurable Fault Status Register, 0xE000ED28. */
    uint32_t cfsr;
    /* HardFault Status Register, 0xE000ED2C. */
    uint32_t hfsr;
    /* MemManage Fault Address Register, valid if CFSR.MMARVALID. */
    uint32_t mmfar;
    /* BusFault Address Register, valid if CFSR.BFARVALID. */
    uint32_t bfar;
};

/* The block itself. Written by the program: I; by the host: H. */
struct tinybench_block {
    /* I: TINYBENCH_MAGIC, from the start. */
    uint32_t magic;
    /* I: TINYBENCH_VERSION, from the start. */
    uint32_t version;
    /* H: a tinybench_command. */
    uint32_t command;
    /* I: a tinybench_status. */
    uint32_t status;
    /* I: a tinybench_error, if `status` is TINYBENCH_FAILED. */
    uint32_t error;
    /* I: figures that go with `error`. */
    uint32_t error_detail[2];
    /* H: how many times TINYBENCH_RUN runs its stages, at most `cycles_capacity`. */
    uint32_t run_count;
    /* I: address of the uint32_t array of the inference's cycles, one per run. */
    uint32_t cycles_address;
    /* I: length of that array, in words. */
    uint32_t cycles_capacity;
    /* I: address of the buffer from which the model's input is copied before each run, or, if it
     * is in the arena, of the input itself, which a run may overwrite. */
    uint32_t input_address;
    /* I: size of the model's input, bytes. Valid after TINYBENCH_PREPARE. */
    uint32_t input_bytes;
    /* I: address of the buffer to which the model's output is copied after the last run, or of
     * the output itself. */
    uint32_t output_address;
    /* I: size of the model's output, bytes. Valid after TINYBENCH_PREPARE. */
    uint32_t output_bytes;
    /* I: lowest address of the memory that can serve as the arena. */
    uint32_t arena_address;
    /* I: size of that memory, bytes. */
    uint32_t arena_capacity;
    /* H: how much of it TINYBENCH_PREPARE gives to the runtime, bytes; 0 for all. */
    uint32_t arena_limit;
    /* I: bytes of the arena the runtime says are in use. Valid after TINYBENCH_PREPARE. */
    uint32_t arena_used;
    /* I: bytes of the arena that were ever written, found by painting: from the first to the
     * last touched word. Valid after TINYBENCH_RUN. */
    uint32_t arena_touched;
    /* I: lowest address the stack may reach. */
    uint32_t stack_low;
    /* I: initial stack pointer, one past the highest address. */
    uint32_t stack_high;
    /* I: bytes of stack used at the deepest, found by painting. Valid after every command. */
    uint32_t stack_peak;
    /* I: cycles that two reads of the counter directly after each other are apart; part of every
     * figure in the cycles array. */
    uint32_t counter_overhead;
    /* I: cycles that TINYBENCH_CHECK_COUNTER's loop of 1,024 iterations took. */
    uint32_t counter_check;
    /* I: address and length of the runtime's name, UTF-8. */
    uint32_t runtime_name[2];
    /* I: address and length of the runtime's version, UTF-8. */
    uint32_t runtime_version[2];
    /* I: bytes of `arena_used` that hold tensors and what kernels need while they run; the rest is
     * the runtime's own data. Valid after TINYBENCH_PREPARE. A runtime that can't tell the two
     * apart gives `arena_used`. */
    uint32_t arena_tensors;
    /* H: a tinybench_stages. */
    uint32_t stages;
    /* I: address of the buffer for raw audio, 16-bit samples. */
    uint32_t audio_address;
    /* I: size of that buffer, bytes; 0 if the program has no front end. Valid after
     * TINYBENCH_PREPARE. */
    uint32_t audio_bytes;
    /* I: address of the uint32_t array of the first stage's cycles, one per run, as long as that
     * of the inference; 0 if the program has no front end. */
    uint32_t preprocess_address;
    /* I: the same of the last stage. */
    uint32_t postprocess_address;
    /* H: a tinybench_task. */
    uint32_t task;
    /* H: scale (the bits of a float) and zero point (two's complement) of the model's input. */
    uint32_t input_quantisation[2];
    /* H: the same of the model's output. */
    uint32_t output_quantisation[2];
    /* I: the last stage's answer of the last run: an index, or the bits of a float. Valid after
     * TINYBENCH_RUN with TINYBENCH_STAGES_ALL. */
    uint32_t answer;
    /* I: address of the array of the cycles that decoding the weights of one inference takes, one
     * per run and as long as that of the inference, which decodes them as well; 0 if the model's
     * weights needn't be decoded. Valid after TINYBENCH_PREPARE. */
    uint32_t decode_address;
    /* I: bytes of `arena_used` in which weights are decoded. Valid after TINYBENCH_PREPARE. */
    uint32_t arena_decoding;
    /* I: the caught exception, if `status` is TINYBENCH_FAULT. */
    struct tinybench_fault fault;
    /* I: address of a struct tinybench_learning; 0 if the program can't learn. */
    uint32_t learning_address;
};

/* What learning on the target takes and gives. Written by the program: I; by the host: H. */
struct tinybench_learning {
    /* H: bytes of RAM that TINYBENCH_PREPARE sets aside for the learner's memory, a multiple of 4;
     * 0 for none. */
    uint32_t memory_bytes;
    /* H: how many classes there are. */
    uint32_t classes;
    /* H: how many neighbours vote. */
    uint32_t neighbours;
    /* H: what is remembered: 0 everything, 1 mistakes, 2 mistakes with a test for drift. */
    uint32_t policy;
    /* H: seed of the order of condensing. */
    uint32_t seed;
    /* H: of the drift test: outcomes that are left out, outcomes of the baseline, outcomes of a
     * batch, and the threshold in 1/65,536. */
    uint32_t drift[4];
    /* H: a tinybench_learning_source. */
    uint32_t source;
    /* H: the right class of the sample. */
    uint32_t label;
    /* I: lowest address of the learner's memory. Valid after TINYBENCH_BEGIN_LEARNING. */
    uint32_t memory_address;
    /* I: how many samples it can hold. */
    uint32_t capacity;
    /* I: cycles of the latest command's parts: extract, predict, learn, condense; 0 for those that
     * were not carried out. */
    uint32_t cycles[4];
    /* I: the predicted class, or 0xFFFFFFFF as long as nothing is remembered. */
    uint32_t prediction;
    /* I: squared distance of the nearest neighbour, 0 without a prediction. */
    uint32_t nearest;
    /* I: weight of the votes for the class, 0 without a prediction. */
    uint32_t votes;
    /* I: 1 if the sample is remembered. */
    uint32_t stored;
    /* I: how many samples are remembered. */
    uint32_t samples;
    /* I: 1 if the drift test raised an alarm. */
    uint32_t alarm;
    /* I: time of the first sample behind the change, if there was an alarm. */
    uint32_t since;
};

#ifdef __cplusplus
extern "C" {
#endif

/* Defined once, by the program that is measured. Volatile, for the host changes it. */
extern volatile struct tinybench_block TINYBENCH_BLOCK;

#ifdef __cplusplus
}
#endif

#endif

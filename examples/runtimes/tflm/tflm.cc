// TensorFlow Lite Micro behind tinybench_runtime.h.
#include <new>

#include "operators.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"
#include "tinybench_runtime.h"

namespace {

// The engine's own codes, which tinybench reports.
enum { OTHER_SCHEMA = 100, INVOKE_FAILED };

using Resolver = tflite::MicroMutableOpResolver<OPERATORS>;

alignas(Resolver) char resolver_memory[sizeof(Resolver)];
alignas(tflite::MicroInterpreter) char interpreter_memory[sizeof(tflite::MicroInterpreter)];
tflite::MicroInterpreter *interpreter;

tinybench_runtime_tensor memory_of(TfLiteTensor *tensor)
{
    if (tensor == nullptr) {
        return {nullptr, 0};
    }
    return {tensor->data.raw, tensor->bytes};
}

} // namespace

int32_t tinybench_runtime_prepare(const void *file, size_t, void *arena, size_t arena_bytes)
{
    const tflite::Model *model = tflite::GetModel(file);
    if (model->version() != TFLITE_SCHEMA_VERSION) {
        return OTHER_SCHEMA;
    }
    auto *resolver = new (resolver_memory) Resolver;
    ADD_OPERATORS((*resolver))
    interpreter = new (interpreter_memory) tflite::MicroInterpreter(
        model, *resolver, static_cast<uint8_t *>(arena), arena_bytes);
    // It doesn't tell an arena that is too small from other reasons.
    if (interpreter->AllocateTensors() != kTfLiteOk) {
        return TINYBENCH_RUNTIME_ARENA_TOO_SMALL;
    }
    return TINYBENCH_RUNTIME_OK;
}

tinybench_runtime_tensor tinybench_runtime_input(size_t position)
{
    return position < interpreter->inputs_size() ? memory_of(interpreter->input(position))
                                                 : memory_of(nullptr);
}

tinybench_runtime_tensor tinybench_runtime_output(size_t position)
{
    return position < interpreter->outputs_size() ? memory_of(interpreter->output(position))
                                                  : memory_of(nullptr);
}

int32_t tinybench_runtime_invoke(void)
{
    return interpreter->Invoke() == kTfLiteOk ? TINYBENCH_RUNTIME_OK : INVOKE_FAILED;
}

size_t tinybench_runtime_arena_used(void)
{
    return interpreter == nullptr ? 0 : interpreter->arena_used_bytes();
}

void tinybench_runtime_release(void)
{
    interpreter->~MicroInterpreter();
}

void tinybench_runtime_reset(void)
{
    interpreter->Reset();
}

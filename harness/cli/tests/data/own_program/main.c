/* A program of its own around an engine: vector table, start-up, clock by the core's cycle counter. It
 * shows that an engine takes as long under tinybench. For an nRF52840. */
#include <string.h>

#include "input.h"
#include "tinybench_runtime.h"

#define RUNS 2
#define REGISTER(address) (*(volatile uint32_t *)(address))
#define CPACR REGISTER(0xE000ED88)
#define DEMCR REGISTER(0xE000EDFC)
#define DWT_CTRL REGISTER(0xE0001000)
#define DWT_CYCCNT REGISTER(0xE0001004)
#define NVMC_ICACHECNF REGISTER(0x4001E540)

extern uint32_t stack_top[], data_begin[], data_end[], data_load[], bss_begin[], bss_end[];

volatile uint32_t CYCLES[RUNS];

static uint8_t arena[64 * 1024] __attribute__((aligned(16)));

__attribute__((noinline)) void finished(void)
{
    for (;;) {
    }
}

void reset(void)
{
    for (uint32_t *to = data_begin, *from = data_load; to < data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = bss_begin; to < bss_end;) {
        *to++ = 0;
    }
    CPACR |= 0xF << 20;
    NVMC_ICACHECNF = 1;
    DEMCR |= 1 << 24;
    DWT_CTRL |= 1;
    __asm__ volatile("dsb\n isb");
    if (tinybench_runtime_prepare(0, 0, arena, sizeof arena) == TINYBENCH_RUNTIME_OK) {
        for (int run = 0; run < RUNS; run++) {
            struct tinybench_runtime_tensor input = tinybench_runtime_input(0);
            memcpy(input.data, INPUT, input.bytes);
            uint32_t begin = DWT_CYCCNT;
            tinybench_runtime_invoke();
            CYCLES[run] = DWT_CYCCNT - begin;
        }
    }
    finished();
}

__attribute__((section(".vectors"), used)) static void *const vectors[] = {stack_top, reset, finished, finished};

/* What an engine in C or C++ finds beside it in the image: a heap that is bounded and counted, the end of a
 * program that gives up, and what newlib asks of an operating system. Linked only as far as it is used. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "tinybench_runtime.h"

#ifndef TINYBENCH_HEAP_BYTES
#define TINYBENCH_HEAP_BYTES 0
#endif

/* Where the host reads how much of the heap was ever taken, by this symbol. */
struct {
    uint32_t used;
    uint32_t capacity;
} TINYBENCH_HEAP = {0, TINYBENCH_HEAP_BYTES};

#if TINYBENCH_HEAP_BYTES > 0
__attribute__((section(".bss.tinybench_heap"), aligned(8))) static char heap[TINYBENCH_HEAP_BYTES];
static size_t taken;
#endif

/* malloc's source of memory. */
void *_sbrk(ptrdiff_t bytes)
{
#if TINYBENCH_HEAP_BYTES > 0
    if (bytes > (ptrdiff_t)(TINYBENCH_HEAP_BYTES - taken) || -bytes > (ptrdiff_t)taken) {
        errno = ENOMEM;
        return (void *)-1;
    }
    void *before = heap + taken;
    taken += bytes;
    if (bytes > 0) {
        /* It may have been given back before, and calloc takes new memory for zeros. */
        memset(before, 0, bytes);
    }
    if (taken > TINYBENCH_HEAP.used) {
        TINYBENCH_HEAP.used = taken;
    }
    return before;
#else
    (void)bytes;
    errno = ENOMEM;
    return (void *)-1;
#endif
}

__attribute__((weak)) void tinybench_runtime_reset(void)
{
}

/* A failed assertion, an uncaught exception, a pure virtual call: a UsageFault, which is reported with
 * the place of the call. */
__attribute__((noreturn)) void abort(void)
{
    __builtin_trap();
}

__attribute__((noreturn)) void _exit(int status)
{
    (void)status;
    __builtin_trap();
}

/* Destructors of static objects never run: nothing ends. */
void *__dso_handle;

int __cxa_atexit(void (*destructor)(void *), void *object, void *handle)
{
    (void)destructor;
    (void)object;
    (void)handle;
    return 0;
}

int __aeabi_atexit(void *object, void (*destructor)(void *), void *handle)
{
    return __cxa_atexit(destructor, object, handle);
}

/* There are no files. What is printed is lost: nothing is printed from an image that is measured. */
int _write(int file, const char *text, int bytes)
{
    (void)file;
    (void)text;
    return bytes;
}

int _read(int file, char *text, int bytes)
{
    (void)file;
    (void)text;
    (void)bytes;
    return 0;
}

int _close(int file)
{
    (void)file;
    return -1;
}

int _lseek(int file, int offset, int whence)
{
    (void)file;
    (void)offset;
    (void)whence;
    return 0;
}

int _isatty(int file)
{
    (void)file;
    return 1;
}

int _fstat(int file, struct stat *status)
{
    (void)file;
    status->st_mode = S_IFCHR;
    return 0;
}

int _kill(int process, int signal)
{
    (void)process;
    (void)signal;
    __builtin_trap();
}

int _getpid(void)
{
    return 1;
}

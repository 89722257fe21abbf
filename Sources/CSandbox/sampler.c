// Looks at what the threads of this process do, whenever one has used up a bit of processor time.
//
// The timer counts the processor time of all threads together and signals one that runs. Its handler follows the frame pointers, which
// Swift and C keep here; what they point to is read through the kernel, so that a bad one is an error and no fault.
#define _GNU_SOURCE
#include "include/CSandbox.h"
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#define DEPTH 64
// Swift marks the frames of asynchronous functions in their frame pointers.
#define MARK (1ull << 60)

static atomic_int is_busy, inside;
static _Atomic(uint64_t *) words;
static size_t room;
static atomic_size_t used, lost;

static size_t frames(const ucontext_t *context, uint64_t *addresses) {
#if defined(__x86_64__)
    uint64_t at = (uint64_t)context->uc_mcontext.gregs[REG_RIP], frame = (uint64_t)context->uc_mcontext.gregs[REG_RBP];
#elif defined(__aarch64__)
    uint64_t at = context->uc_mcontext.pc, frame = context->uc_mcontext.regs[29];
#else
    uint64_t at = 0, frame = 0;
#endif
    size_t depth = 0;
    addresses[depth++] = at;
    pid_t self = getpid();
    while (depth < DEPTH) {
        frame &= ~MARK;
        if (frame < 4096 || frame & 7) break;
        uint64_t pair[2];
        struct iovec here = {pair, sizeof pair}, there = {(void *)frame, sizeof pair};
        if (process_vm_readv(self, &here, 1, &there, 1, 0) != sizeof pair || pair[1] < 4096) break;
        // What follows the call is where it returns to.
        addresses[depth++] = pair[1] - 1;
        if ((pair[0] & ~MARK) <= frame) break;
        frame = pair[0];
    }
    return depth;
}

static void on_tick(int number, siginfo_t *info, void *context) {
    (void)number, (void)info;
    int kept = errno;
    atomic_fetch_add(&inside, 1);
    uint64_t *to = atomic_load(&words);
    if (to) {
        uint64_t addresses[DEPTH];
        size_t depth = frames(context, addresses);
        size_t place = atomic_fetch_add(&used, depth + 1);
        if (place + depth + 1 <= room) {
            for (size_t i = 0; i < depth; i++) to[place + 1 + i] = addresses[i];
            to[place] = depth;
        } else {
            atomic_fetch_add(&lost, 1);
        }
    }
    atomic_fetch_sub(&inside, 1);
    errno = kept;
}

int swkube_sampler_begin(int hertz, uint64_t *buffer, size_t count) {
    if (atomic_exchange(&is_busy, 1)) return EBUSY;
    room = count;
    atomic_store(&used, 0);
    atomic_store(&lost, 0);
    atomic_store(&words, buffer);
    // The handler stays when the timer ends: a late signal must not end the process, and programs that it starts don't inherit handlers.
    struct sigaction action = {.sa_sigaction = on_tick, .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    struct itimerval timer = {{0, 1000000 / hertz}, {0, 1000000 / hertz}};
    if (sigaction(SIGPROF, &action, NULL) < 0 || setitimer(ITIMER_PROF, &timer, NULL) < 0) {
        int error = errno;
        atomic_store(&words, NULL);
        atomic_store(&is_busy, 0);
        return error;
    }
    return 0;
}

size_t swkube_sampler_end(size_t *dropped) {
    struct itimerval none = {{0, 0}, {0, 0}};
    setitimer(ITIMER_PROF, &none, NULL);
    atomic_store(&words, NULL);
    while (atomic_load(&inside)) {}
    size_t count = atomic_load(&used);
    *dropped = atomic_load(&lost);
    atomic_store(&is_busy, 0);
    return count < room ? count : room;
}

const char *swkube_symbol(uint64_t address) {
    Dl_info info;
    return dladdr((void *)address, &info) ? info.dli_sname : NULL;
}

// The profile "RuntimeDefault". Source: the list "significant syscalls blocked by the default profile" of the Docker documentation, and
// containerd's contrib/seccomp for which capability lets which through.
//
// A call that is refused fails with EPERM; one that this kernel knows and the profile does not, with ENOSYS, so that programs fall back.

#define _GNU_SOURCE
#include "include/CSandbox.h"
#include "seccomp.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

enum { NEVER = 64 }; // no capability lets it through

uint32_t swkube_audit_architecture(void) {
#ifdef ARCHITECTURE
    return ARCHITECTURE;
#else
    return 0;
#endif
}

int seccomp_install(const void *program, size_t length, unsigned flags) {
    struct sock_fprog code = {.len = (unsigned short)(length / sizeof(struct sock_filter)), .filter = (struct sock_filter *)program};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &code);
}

static const struct { int call, capability; } refused[] = {
    // The kernel itself
    {SYS_bpf, CAP_BPF}, {SYS_perf_event_open, CAP_PERFMON}, {SYS_kexec_load, CAP_SYS_BOOT}, {SYS_kexec_file_load, CAP_SYS_BOOT},
    {SYS_reboot, CAP_SYS_BOOT}, {SYS_init_module, CAP_SYS_MODULE}, {SYS_finit_module, CAP_SYS_MODULE},
    {SYS_delete_module, CAP_SYS_MODULE}, {SYS_acct, CAP_SYS_PACCT}, {SYS_syslog, CAP_SYSLOG}, {SYS_swapon, NEVER}, {SYS_swapoff, NEVER},
    {SYS_userfaultfd, NEVER}, {SYS_nfsservctl, NEVER}, {SYS_lookup_dcookie, CAP_SYS_ADMIN}, {SYS_vhangup, CAP_SYS_TTY_CONFIG},
    {SYS_quotactl, CAP_SYS_ADMIN},
    // Time
    {SYS_clock_settime, CAP_SYS_TIME}, {SYS_settimeofday, CAP_SYS_TIME}, {SYS_clock_adjtime, CAP_SYS_TIME},
    // Namespaces and mounts
    {SYS_unshare, CAP_SYS_ADMIN}, {SYS_setns, CAP_SYS_ADMIN}, {SYS_mount, CAP_SYS_ADMIN}, {SYS_umount2, CAP_SYS_ADMIN},
    {SYS_pivot_root, NEVER}, {SYS_open_by_handle_at, CAP_DAC_READ_SEARCH}, {SYS_fsopen, CAP_SYS_ADMIN}, {SYS_fsconfig, CAP_SYS_ADMIN},
    {SYS_fsmount, CAP_SYS_ADMIN}, {SYS_fspick, CAP_SYS_ADMIN}, {SYS_move_mount, CAP_SYS_ADMIN}, {SYS_open_tree, CAP_SYS_ADMIN},
    {SYS_mount_setattr, CAP_SYS_ADMIN}, {SYS_sethostname, CAP_SYS_ADMIN}, {SYS_setdomainname, CAP_SYS_ADMIN},
    // Keys and other processes' memory
    {SYS_add_key, NEVER}, {SYS_keyctl, NEVER}, {SYS_request_key, NEVER}, {SYS_kcmp, CAP_SYS_PTRACE}, {SYS_move_pages, CAP_SYS_NICE},
    {SYS_mbind, CAP_SYS_NICE}, {SYS_get_mempolicy, CAP_SYS_NICE}, {SYS_set_mempolicy, CAP_SYS_NICE},
    {SYS_pidfd_getfd, CAP_SYS_PTRACE}, {SYS_io_uring_setup, NEVER}, {SYS_io_uring_enter, NEVER}, {SYS_io_uring_register, NEVER},
#ifdef __x86_64__
    {SYS_ioperm, CAP_SYS_RAWIO}, {SYS_iopl, CAP_SYS_RAWIO}, {SYS_create_module, NEVER}, {SYS_get_kernel_syms, NEVER},
    {SYS_query_module, NEVER}, {SYS_sysfs, NEVER}, {SYS__sysctl, NEVER}, {SYS_uselib, NEVER}, {SYS_ustat, NEVER},
#endif
};

enum { COUNT = sizeof refused / sizeof *refused };

int seccomp_default(uint64_t capabilities) {
#ifdef ARCHITECTURE
    struct sock_filter code[32 + 2 * COUNT];
    unsigned short n = 0;
    const bool admin = capabilities >> CAP_SYS_ADMIN & 1;
#define PUT(...) code[n++] = (struct sock_filter)__VA_ARGS__
#define LOAD(field) PUT(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field)))
#define UNLESS(value) PUT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1))
#define ANSWER(what) PUT(BPF_STMT(BPF_RET | BPF_K, (what)))
#define FAIL(number) (SECCOMP_RET_ERRNO | (number))
    LOAD(arch);
    PUT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
    ANSWER(SECCOMP_RET_KILL_PROCESS); // numbers of another architecture mean other calls
    LOAD(nr);
#ifdef __x86_64__
    PUT(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1)); // x32
    ANSWER(FAIL(ENOSYS));
#endif
    for (int i = 0; i < COUNT; i++) {
        if (refused[i].capability < NEVER && capabilities >> refused[i].capability & 1) continue;
        UNLESS((unsigned)refused[i].call);
        ANSWER(FAIL(EPERM));
    }
    if (!admin) {
        // Its flags lie in memory, where no filter sees them; libraries fall back to clone.
        UNLESS(SYS_clone3);
        ANSWER(FAIL(ENOSYS));
        const unsigned namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
        PUT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3));
        LOAD(args[0]);
        PUT(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, namespaces, 0, 1));
        ANSWER(FAIL(EPERM));
        LOAD(nr);
    }
    // Virtual machines' sockets lead past every network of the cluster.
    PUT(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3));
    LOAD(args[0]);
    UNLESS(AF_VSOCK);
    ANSWER(FAIL(EPERM));
    ANSWER(SECCOMP_RET_ALLOW);
    return seccomp_install(code, n * sizeof *code, 0);
#else
    (void)capabilities;
    errno = ENOSYS;
    return -1;
#endif
}

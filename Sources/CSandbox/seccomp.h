// System calls that a program may not make.

#pragma once

#include <stddef.h>
#include <stdint.h>

/// Refuses what runtimes refuse by default, as far as the capabilities do not ask for it. Needs CAP_SYS_ADMIN in the caller's user
/// namespace, or no new privileges. Returns 0, or -1 with errno.
int seccomp_default(uint64_t capabilities);

/// The same with a program that is given, `length` bytes of instructions, and the flags of seccomp(2).
int seccomp_install(const void *program, size_t length, unsigned flags);

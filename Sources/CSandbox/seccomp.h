// System calls that a program may not make.

#pragma once

#include <stdint.h>

/// Refuses what runtimes refuse by default, as far as the capabilities do not ask for it. Needs CAP_SYS_ADMIN in the caller's user
/// namespace, or no new privileges. Returns 0, or -1 with errno.
int seccomp_default(uint64_t capabilities);

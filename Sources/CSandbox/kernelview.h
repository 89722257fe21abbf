// What a container sees of the kernel: /proc, /sys and /dev.

#pragma once

#include "setup.h"

/// Mounts /proc, /sys and /dev in a container's root, and hides and protects places in it.
void kernel_view(const struct pod *pod, const struct plan *plan, int root);

/// Puts a detached mount at a place of the root, which is made when it is missing, and closes it. A negative one fails at `stage`.
void root_attach(int root, int mount, const char *target, bool directory, const char *stage);

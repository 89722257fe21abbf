// The host's file system as a container sees it: all of it, read-only, under a private writable layer.

#pragma once

#include "setup.h"

/// Builds the host's view under `root` (an O_PATH descriptor of `plan->folder`/root, which is a mount).
///
/// As an ordinary user one overlay over `/` is refused (the kernel would reveal what is below the host's own mounts), so each top
/// folder is covered by itself. Where overlays are not to be had, folders are bound read-only, and a folder in which a mount point
/// is missing is taken apart so that the point can be made.
void host_view(const struct pod *pod, const struct plan *plan, int root);

/// Whether a mount shows a file and no folder.
bool mount_is_file(const struct mount_plan *mount);

/// Names all that stands in the host's `/`, without what is in it, and the folders that each container has of its own.
/// Made once for each pod, in memory, as the lowest layer of its containers' roots: on a disk its 30 entries are the dearest part of a
/// container's birth. Returns 0 or -1 with errno.
int host_skeleton(int root);

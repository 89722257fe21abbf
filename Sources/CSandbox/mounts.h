// Linux's mount interface by descriptors (5.2, with attributes 5.12), so that no path is looked up twice and no symbolic link can be
// swapped in between.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MOUNT_READ_ONLY = 0x1,
    MOUNT_NO_SUID = 0x2,
    MOUNT_NO_DEVICES = 0x4,
    MOUNT_NO_EXEC = 0x8,
};

enum mount_propagation { MOUNT_KEEP = -1, MOUNT_PRIVATE = 0, MOUNT_SLAVE = 1, MOUNT_SHARED = 2, MOUNT_UNBINDABLE = 3 };

/// A detached copy of what is seen at `path`. With `below`, mounts underneath come along (needed where they are locked).
/// An empty path means `directory` itself. Each function returns a descriptor, or -1 with errno.
int mount_copy(int directory, const char *path, bool below);

/// Sets attributes (MOUNT_…) and propagation on a mount or, with `below`, on the whole tree.
int mount_change(int mount, bool below, unsigned attributes, enum mount_propagation propagation);

/// Puts a detached mount at the place that an O_PATH descriptor names.
int mount_attach(int mount, int place);

/// A new file system of a kind; options are name, value, …, NULL, and a null value makes a flag.
int mount_new(const char *kind, unsigned attributes, const char *const *options);

bool is_directory(int fd);

/// Opens `path` inside `root` with O_PATH: links are followed, but never out of it.
int open_inside(int root, const char *path, bool directory);

/// Opens `path` below `folder`; fails with EXDEV when a link leads out.
int open_beneath(int folder, const char *path);

/// Like `open_inside`, making what is missing: folders on the way, and a folder or an empty file at the end. What a link leads to is made
/// too: of the host's /etc/resolv.conf, which leads into /run, say.
int make_inside(int root, const char *path, bool directory);

#define _GNU_SOURCE
#include "mounts.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MS_PRIVATE
#define MS_UNBINDABLE (1 << 17)
#define MS_PRIVATE (1 << 18)
#define MS_SLAVE (1 << 19)
#define MS_SHARED (1 << 20)
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

int mount_copy(int directory, const char *path, bool below) {
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (below ? AT_RECURSIVE : 0) | (*path ? 0 : AT_EMPTY_PATH);
    return (int)syscall(SYS_open_tree, directory, path, flags);
}

int mount_change(int mount, bool below, unsigned attributes, enum mount_propagation propagation) {
    struct mount_attr change = {.attr_set = attributes};
    if (propagation == MOUNT_PRIVATE) change.propagation = MS_PRIVATE;
    if (propagation == MOUNT_SLAVE) change.propagation = MS_SLAVE;
    if (propagation == MOUNT_SHARED) change.propagation = MS_SHARED;
    if (propagation == MOUNT_UNBINDABLE) change.propagation = MS_UNBINDABLE;
    unsigned flags = AT_EMPTY_PATH | (below ? AT_RECURSIVE : 0);
    return (int)syscall(SYS_mount_setattr, mount, "", flags, &change, sizeof change);
}

int mount_attach(int mount, int place) {
    return (int)syscall(SYS_move_mount, mount, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static void close_keeping_errno(int fd) {
    int saved = errno;
    close(fd);
    errno = saved;
}

int mount_new(const char *kind, unsigned attributes, const char *const *options) {
    int context = (int)syscall(SYS_fsopen, kind, FSOPEN_CLOEXEC);
    if (context < 0) return -1;
    int mount = -1;
    for (; options && *options; options += 2) {
        unsigned command = options[1] ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;
        if (syscall(SYS_fsconfig, context, command, options[0], options[1], 0) < 0) goto out;
    }
    if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) goto out;
    mount = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
out:
    close_keeping_errno(context);
    return mount;
}

static int open_resolving(int folder, const char *path, uint64_t resolve, bool directory) {
    struct open_how how = {.flags = O_PATH | O_CLOEXEC | (directory ? O_DIRECTORY : 0), .resolve = resolve};
    return (int)syscall(SYS_openat2, folder, *path ? path : ".", &how, sizeof how);
}

int open_inside(int root, const char *path, bool directory) {
    return open_resolving(root, path, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS, directory);
}

int open_beneath(int folder, const char *path) {
    return open_resolving(folder, path, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS, false);
}

bool is_directory(int fd) {
    struct stat s;
    return fstat(fd, &s) == 0 && S_ISDIR(s.st_mode);
}

static int make_following(int root, const char *path, bool directory, int links);

/// The errno of opening a place of which only the kind is wrong, as runtimes word it.
static int opened_as(int fd, bool directory) {
    if (fd < 0 || is_directory(fd) == directory) return fd;
    close(fd);
    errno = directory ? ENOTDIR : EISDIR;
    return -1;
}

/// Makes what a link points to that leads nowhere: one to /run, say, which is the container's own. `rest` is the path behind the link.
static int make_behind_link(int root, int folder, const char *name, const char *before, const char *rest, bool directory, int links) {
    char link[PATH_MAX], path[PATH_MAX];
    ssize_t n = readlinkat(folder, name, link, sizeof link - 1);
    if (n < 0) return -1;
    link[n] = 0;
    int length = snprintf(path, sizeof path, "%s/%s%s%s", link[0] == '/' ? "" : before, link, *rest ? "/" : "", rest);
    if (links >= 40 || length >= (int)sizeof path) {
        errno = ELOOP;
        return -1;
    }
    return make_following(root, path, directory, links + 1);
}

static int make_following(int root, const char *path, bool directory, int links) {
    int fd = open_inside(root, path, false);
    if (fd >= 0 || errno != ENOENT) return opened_as(fd, directory);
    char part[PATH_MAX];
    if (strlen(path) >= sizeof part) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int parent = open_inside(root, "/", true);
    const char *at = path;
    while (parent >= 0) {
        while (*at == '/') at++;
        size_t length = strcspn(at, "/");
        if (length == 0) break;
        const char *rest = at + length + strspn(at + length, "/");
        bool last = *rest == 0;
        size_t upto = (size_t)(at + length - path);
        memcpy(part, path, upto);
        part[upto] = 0;
        int next = open_inside(root, part, !last || directory);
        if (next < 0 && errno == ENOENT) {
            char name[NAME_MAX + 1];
            if (length > NAME_MAX) {
                errno = ENAMETOOLONG;
                next = -1;
            } else {
                memcpy(name, at, length);
                name[length] = 0;
                bool isFolder = !last || directory;
                int made = isFolder ? mkdirat(parent, name, 0755) : mknodat(parent, name, S_IFREG | 0644, 0);
                bool isThere = made < 0 && errno == EEXIST;
                if (made == 0 || isThere) next = open_inside(root, part, isFolder);
                if (isThere && next < 0 && errno == ENOENT) {
                    part[at - path] = 0;
                    next = make_behind_link(root, parent, name, part, rest, directory, links);
                    rest += strlen(rest);
                }
            }
        }
        close_keeping_errno(parent);
        parent = next;
        at = rest;
    }
    return opened_as(parent, directory);
}

int make_inside(int root, const char *path, bool directory) { return make_following(root, path, directory, 0); }

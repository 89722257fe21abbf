#define _GNU_SOURCE
#include "include/CSandbox.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

int swkube_sync_file_system(const char *folder) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return errno;
    int result = syncfs(fd) < 0 ? errno : 0;
    close(fd);
    return result;
}

int swkube_spread_folders(const char *folder) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), flags = 0;
    if (fd < 0) return errno;
    int result = ioctl(fd, FS_IOC_GETFLAGS, &flags);
    flags |= FS_TOPDIR_FL;
    if (result == 0) result = ioctl(fd, FS_IOC_SETFLAGS, &flags);
    if (result < 0) result = errno;
    close(fd);
    return result;
}

int swkube_set_attribute(int fd, const char *name, const void *value, size_t length) {
    return fsetxattr(fd, name, value, length, 0) < 0 ? errno : 0;
}

#define _GNU_SOURCE
#include "include/CSandbox.h"
#include <dirent.h>
#include <stdbool.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void remember(int *first) {
    if (!*first && errno != ENOENT) *first = errno;
}

static void empty(int folder, dev_t device, int *first) {
    DIR *entries = fdopendir(folder);
    if (!entries) {
        remember(first);
        close(folder);
        return;
    }
    for (struct dirent *entry; (entry = readdir(entries));) {
        const char *name = entry->d_name;
        struct stat s;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
        if (fstatat(folder, name, &s, AT_SYMLINK_NOFOLLOW) < 0) {
            remember(first);
            continue;
        }
        bool is_folder = S_ISDIR(s.st_mode);
        if (is_folder && s.st_dev != device) {
            errno = EBUSY; // a mount: what it shows is not ours
            remember(first);
            continue;
        }
        if (is_folder) {
            if ((s.st_mode & 0700) != 0700) (void)!fchmodat(folder, name, 0700, 0);
            int below = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (below >= 0) empty(below, device, first);
            else remember(first);
        }
        if (unlinkat(folder, name, is_folder ? AT_REMOVEDIR : 0) < 0) remember(first);
    }
    closedir(entries);
}

int swkube_remove_tree(const char *path) {
    int first = 0;
    struct stat s;
    if (lstat(path, &s) < 0) return errno == ENOENT ? 0 : errno;
    if (!S_ISDIR(s.st_mode)) return unlink(path) < 0 ? errno : 0;
    if ((s.st_mode & 0700) != 0700) (void)!chmod(path, 0700);
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0) return errno;
    empty(folder, s.st_dev, &first);
    // Once it is gone nothing stayed: who else removes the same may have been in the way for a moment.
    if (rmdir(path) == 0 || errno == ENOENT) return 0;
    remember(&first);
    return first;
}

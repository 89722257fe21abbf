#define _GNU_SOURCE
#include "owners.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void unescape(char *text) {
    char *out = text;
    for (char *in = text; *in; in++) {
        if (*in == '\\' && in[1]) *out++ = *++in == 'n' ? '\n' : *in;
        else *out++ = *in;
    }
    *out = 0;
}

static int give(int root, const char *path, uid_t user, gid_t group, mode_t mode) {
    const char *inside = path + strspn(path, "/");
    struct open_how how = {.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    int fd = (int)syscall(SYS_openat2, root, *inside ? inside : ".", &how, sizeof how);
    if (fd < 0) return errno == ENOENT ? 0 : errno; // a later member of the same layer took it away
    int error = 0;
    struct stat s;
    char self[40];
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    if (fchownat(fd, "", user, group, AT_EMPTY_PATH) < 0) error = errno == EINVAL ? 0 : errno;
    // A change of the owner takes bits off the mode.
    else if (fstat(fd, &s) == 0 && !S_ISLNK(s.st_mode) && chmod(self, mode) < 0) error = errno;
    close(fd);
    return error;
}

int owners_give(const char *folder) {
    int place = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int root = place < 0 ? -1 : openat(place, "root", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int record = root < 0 ? -1 : openat(place, "owners", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    FILE *lines = record < 0 ? NULL : fdopen(record, "r");
    int error = lines ? 0 : errno;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    while (!error && lines && (length = getline(&line, &capacity, lines)) > 0) {
        unsigned user, group, mode;
        int at = 0;
        if (line[length - 1] == '\n') line[length - 1] = 0;
        if (sscanf(line, "%u %u %o %n", &user, &group, &mode, &at) != 3 || !at) continue; // the size
        unescape(line + at);
        error = give(root, line + at, user, group, mode & 07777);
    }
    free(line);
    if (lines) fclose(lines);
    if (root >= 0) close(root);
    if (place >= 0) close(place);
    return error;
}

#define _GNU_SOURCE
#include "identities.h"
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int write_for(pid_t pid, const char *name, const char *text) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    int result = write(fd, text, strlen(text)) < 0 ? -1 : 0;
    int saved = errno;
    close(fd);
    errno = saved;
    return result;
}

/// The extents of this process's own map, each to itself.
static int copy_map(pid_t child, const char *name) {
    char path[64], text[2048];
    size_t length = 0;
    unsigned inside, outside, count;
    snprintf(path, sizeof path, "/proc/self/%s", name);
    FILE *file = fopen(path, "re");
    if (!file) return -1;
    while (fscanf(file, "%u %u %u", &inside, &outside, &count) == 3 && length < sizeof text - 40)
        length += (size_t)snprintf(text + length, sizeof text - length, "%u %u %u\n", inside, inside, count);
    fclose(file);
    return write_for(child, name, text);
}

/// The first range of a user in a file of subordinate numbers: lines of NAME:FIRST:COUNT, where the name may be the number.
static bool read_range(const char *path, unsigned *first, unsigned *count) {
    char line[256], number[16];
    const char *name = NULL;
    snprintf(number, sizeof number, "%u", getuid());
    FILE *users = fopen("/etc/passwd", "re"), *file = fopen(path, "re");
    char own[64] = "";
    // Not by getpwuid, whose modules a static program cannot load.
    while (users && fgets(line, sizeof line, users)) {
        unsigned uid;
        char user[64];
        if (sscanf(line, "%63[^:]:%*[^:]:%u:", user, &uid) == 2 && uid == getuid()) {
            strcpy(own, user);
            name = own;
            break;
        }
    }
    bool found = false;
    while (!found && file && fgets(line, sizeof line, file)) {
        char user[64];
        if (sscanf(line, "%63[^:]:%u:%u", user, first, count) != 3 || *count < 1) continue;
        found = strcmp(user, number) == 0 || (name && strcmp(user, name) == 0);
    }
    if (users) fclose(users);
    if (file) fclose(file);
    return found;
}

static bool run_mapper(const char *program, pid_t child, unsigned own, unsigned first, unsigned count) {
    char numbers[4][16];
    snprintf(numbers[0], 16, "%d", child);
    snprintf(numbers[1], 16, "%u", own);
    snprintf(numbers[2], 16, "%u", first);
    snprintf(numbers[3], 16, "%u", count);
    char *arguments[] = {(char *)program, numbers[0], "0", numbers[1], "1", "1", numbers[2], numbers[3], NULL}, *none[] = {NULL};
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        for (int i = 0; i < 3; i++) dup2(null, i);
        execve(program, arguments, none);
        _exit(127);
    }
    int status = 1;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    return pid > 0 && status == 0;
}

/// Returns 1 when the range is mapped, 0 when nothing is, and -1 when only users are.
static int map_range(pid_t child) {
    unsigned user, users, group, groups;
    if (access("/usr/bin/newuidmap", X_OK) < 0 || access("/usr/bin/newgidmap", X_OK) < 0) return 0;
    if (!read_range("/etc/subuid", &user, &users) || !read_range("/etc/subgid", &group, &groups)) return 0;
    if (!run_mapper("/usr/bin/newuidmap", child, geteuid(), user, users)) return 0;
    if (run_mapper("/usr/bin/newgidmap", child, getegid(), group, groups)) return 1;
    errno = EPERM;
    return -1;
}

int identities_map(pid_t child, enum identities which, const char **path) {
    char text[64];
    uid_t user = geteuid();
    *path = "uid_map";
    if (which == IDENTITIES_HERE || user == 0) {
        if (copy_map(child, "uid_map") < 0) return -1;
        *path = "gid_map";
        return copy_map(child, "gid_map");
    }
    *path = "gid_map";
    int range = which == IDENTITIES_RANGE ? map_range(child) : 0;
    if (range) return range < 0 ? -1 : 0;
    *path = "uid_map";
    snprintf(text, sizeof text, "0 %u 1", user);
    if (write_for(child, "uid_map", text) < 0) return -1;
    *path = "setgroups";
    if (write_for(child, "setgroups", "deny") < 0) return -1;
    *path = "gid_map";
    snprintf(text, sizeof text, "0 %u 1", getegid());
    return write_for(child, "gid_map", text);
}

unsigned identities_count(void) {
    unsigned inside, outside, count, end = 0;
    FILE *file = fopen("/proc/self/uid_map", "re");
    while (file && fscanf(file, "%u %u %u", &inside, &outside, &count) == 3)
        if (inside + count > end) end = inside + count;
    if (file) fclose(file);
    return end ? end : 1;
}

#define _GNU_SOURCE
#include "hostview.h"
#include "mounts.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/// Never taken from the host: they are made new for each container. Root's home is nobody's business but root's.
static const char *const own_folders[] = {"/proc", "/sys", "/dev", "/tmp", "/run", "/root", "/lost+found", NULL};
/// Where programs expect to write. Other folders of the host are bound read-only, which is cheaper than an overlay, unless a mount point
/// or the working directory must be made in them.
static const char *const writable_folders[] = {"/etc", "/usr", "/var", NULL};
/// Folders that must be the pod's own to be writable when the host's root is not mapped.
static const char *const writable_below[] = {
    "/etc/nginx/conf.d", "/usr/local/bin", "/usr/local/etc", "/usr/local/lib", "/usr/local/share", "/usr/share", "/usr/share/nginx/html",
    "/var/cache", "/var/lib", "/var/log", "/var/tmp", "/var/www/html", NULL};

struct view {
    const struct plan *plan;
    int root, upper, work; // descriptors of the three folders
    bool overlays, mapped_root;
    int overlay_count;
    struct texts mount_points, missing; // of the host; wanted and not on the host
};

static bool contains(const char *const *list, const char *path) {
    for (; *list; list++)
        if (strcmp(*list, path) == 0) return true;
    return false;
}

static bool is_below(const char *path, const char *folder) {
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && path[length] == '/';
}

static bool any_below(const struct texts *list, const char *folder) {
    for (size_t i = 0; i < list->count; i++)
        if (is_below(list->items[i], folder)) return true;
    return false;
}

static void add_text(struct texts *list, const char *text) {
    char **items = realloc(list->items, (list->count + 1) * sizeof *items);
    if (!items) setup_fail("memory", "");
    list->items = items;
    items[list->count++] = swk_copy(text, strlen(text));
}

/// Collects mount points from mountinfo, whose fifth column writes odd characters as \ooo. Those of the pod itself do not count.
static void read_mount_points(struct view *view, const struct pod *pod) {
    FILE *file = fopen("/proc/self/mountinfo", "re");
    if (!file) setup_fail("root", "/proc/self/mountinfo");
    char *line = NULL;
    size_t capacity = 0;
    while (getline(&line, &capacity, file) > 0) {
        char *at = line;
        for (int column = 1; column < 5 && at; column++) {
            at = strchr(at, ' ');
            if (at) at++;
        }
        if (!at) continue;
        at[strcspn(at, " \n")] = 0;
        char *out = at;
        for (char *in = at; *in; in++) {
            if (in[0] == '\\' && in[1] && in[2] && in[3]) {
                *out++ = (char)((in[1] - '0') * 64 + (in[2] - '0') * 8 + (in[3] - '0'));
                in += 3;
            } else {
                *out++ = *in;
            }
        }
        *out = 0;
        bool own = is_below(at, pod->folder) || is_below(at, view->plan->folder) || strcmp(at, view->plan->folder) == 0;
        if (!own) add_text(&view->mount_points, at);
    }
    free(line);
    fclose(file);
}

/// Follows the links of the host's file system in `path` as the container will: `out` gets a path without links.
static void resolve_on_host(const char *path, char out[PATH_MAX]) {
    char rest[PATH_MAX], link[PATH_MAX];
    int links = 0;
    if (strlen(path) >= sizeof rest) {
        errno = ENAMETOOLONG;
        setup_fail("mount", path);
    }
    strcpy(rest, path);
    out[0] = 0;
    while (rest[0]) {
        char *at = rest + strspn(rest, "/");
        size_t length = strcspn(at, "/"), have = strlen(out);
        if (length == 0) break;
        bool here = length == 1 && at[0] == '.', up = length == 2 && at[0] == '.' && at[1] == '.';
        if (up) {
            char *slash = strrchr(out, '/');
            if (slash) *slash = 0;
        } else if (!here) {
            if (have + length + 2 > PATH_MAX) {
                errno = ENAMETOOLONG;
                setup_fail("mount", path);
            }
            out[have] = '/';
            memcpy(out + have + 1, at, length);
            out[have + 1 + length] = 0;
            ssize_t n = have == 0 && contains(own_folders, out) ? -1 : readlink(out, link, sizeof link - 1);
            if (n > 0) {
                link[n] = 0;
                out[link[0] == '/' ? 0 : have] = 0;
                size_t tail = strlen(at + length);
                if (++links > 40 || (size_t)n + tail + 2 > sizeof rest) {
                    errno = ELOOP;
                    setup_fail("mount", path);
                }
                memmove(rest + n, at + length, tail + 1);
                memcpy(rest, link, (size_t)n);
                continue;
            }
        }
        memmove(rest, at + length, strlen(at + length) + 1);
    }
    if (!out[0]) strcpy(out, "/");
}

/// Gives a copy of a host's folder its owner. Where the host's root does not exist, its folders seem to be nobody's: their copies are
/// root's.
static void own_like_host(int tree, const char *path, const struct stat *like) {
    enum { NOBODY = 65534 };
    struct stat top;
    bool has_root = stat("/", &top) == 0 && top.st_uid == 0;
    uid_t user = !has_root && like->st_uid == NOBODY ? 0 : like->st_uid;
    gid_t group = !has_root && like->st_gid == NOBODY ? 0 : like->st_gid;
    if (user || group) (void)!fchownat(tree, path, user, group, AT_SYMLINK_NOFOLLOW); // as far as they exist here
}

/// Makes `path` in one of our own trees, with the modes and owners of the host's folders of these names.
/// Owners that are not mapped here cannot be given; then the folder is the pod's own.
static void make_like_host(int tree, const char *path, bool directory) {
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%s", path);
    for (char *at = part + 1;; at++) {
        if (*at && *at != '/') continue;
        bool last = *at == 0;
        *at = 0;
        struct stat s;
        bool known = lstat(part, &s) == 0 && S_ISDIR(s.st_mode);
        bool folder = !last || directory;
        int made = folder ? mkdirat(tree, part + 1, known ? s.st_mode & 07777 : 0755) : mknodat(tree, part + 1, S_IFREG | 0644, 0);
        if (made < 0 && errno != EEXIST) setup_fail("root", part);
        if (made == 0 && known && folder) {
            own_like_host(tree, part + 1, &s);
            if (s.st_mode & 07022) (void)!fchmodat(tree, part + 1, s.st_mode & 07777, 0);
        }
        if (last) return;
        *at = '/';
    }
}

static void want(struct view *view, const char *target, bool directory) {
    char path[PATH_MAX], top[PATH_MAX];
    resolve_on_host(target, path);
    snprintf(top, sizeof top, "%s", path);
    char *second = strchr(top + 1, '/');
    if (second) *second = 0;
    struct stat s;
    if (path[1] == 0 || contains(own_folders, top) || lstat(path, &s) == 0) return;
    add_text(&view->missing, path);
    make_like_host(view->upper, path, directory);
    make_like_host(view->root, path, directory);
}

static void bind_read_only(struct view *view, const char *path, bool directory) {
    int mount = mount_copy(AT_FDCWD, path, true);
    if (mount < 0 && (errno == EACCES || errno == ENOENT)) return; // unreadable for us: stays an empty place
    if (mount < 0 || mount_change(mount, true, MOUNT_READ_ONLY | MOUNT_NO_DEVICES, MOUNT_PRIVATE) < 0) setup_fail("root", path);
    int place = make_inside(view->root, path, directory);
    if (place < 0 || mount_attach(mount, place) < 0) setup_fail("root", path);
    close(place);
    close(mount);
}

/// Overlay options use `:` between layers and `\` before a plain one.
static void escape_layer(const char *path, char *out) {
    for (; *path; path++) {
        if (*path == ':' || *path == '\\') *out++ = '\\';
        *out++ = *path;
    }
    *out = 0;
}

static bool overlay(struct view *view, const char *path) {
    char lower[2 * PATH_MAX], upper[PATH_MAX], work[PATH_MAX], name[16];
    escape_layer(path, lower);
    snprintf(upper, sizeof upper, "%s/upper%s", view->plan->folder, path);
    snprintf(name, sizeof name, "%d", view->overlay_count++);
    snprintf(work, sizeof work, "%s/work/%s", view->plan->folder, name);
    make_like_host(view->upper, path, true);
    if (mkdirat(view->work, name, 0700) < 0) setup_fail("root", work);
    const char *options[] = {"lowerdir", lower, "upperdir", upper, "workdir", work, "userxattr", NULL, "volatile", NULL, NULL};
    int mount = mount_new("overlay", MOUNT_NO_DEVICES, options);
    if (mount < 0) {
        view->overlays = false;
        return false;
    }
    make_like_host(view->root, path, true);
    int place = open_inside(view->root, path, true);
    if (place < 0 || mount_attach(mount, place) < 0) setup_fail("root", path);
    close(place);
    close(mount);
    return true;
}

static void show(struct view *view, const char *path, int depth);

/// Shows the entries of a folder one by one, in a folder of our own.
static void take_apart(struct view *view, const char *path, int depth) {
    DIR *folder = opendir(path);
    if (!folder && errno != EACCES) setup_fail("root", path);
    if (path[1]) make_like_host(view->root, path, true);
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        char child[PATH_MAX], link[PATH_MAX];
        struct stat s;
        if (snprintf(child, sizeof child, "%s/%s", path[1] ? path : "", entry->d_name) >= (int)sizeof child) continue;
        if (contains(own_folders, child) || lstat(child, &s) < 0) continue;
        if (S_ISLNK(s.st_mode)) {
            ssize_t n = readlink(child, link, sizeof link - 1);
            if (n < 0) continue;
            link[n] = 0;
            if (symlinkat(link, view->root, child + 1) < 0 && errno != EEXIST) setup_fail("root", child);
        } else if (S_ISDIR(s.st_mode)) {
            show(view, child, depth);
        } else if (S_ISREG(s.st_mode)) {
            bind_read_only(view, child, false);
        }
    }
    closedir(folder);
}

static bool is_empty(const char *path) {
    DIR *folder = opendir(path);
    if (!folder) return true; // what cannot be read cannot be shown
    int entries = 0;
    while (entries < 3 && readdir(folder)) entries++;
    closedir(folder);
    return entries < 3;
}

/// Shows one folder of the host: covered, taken apart, or read-only.
static void show(struct view *view, const char *path, int depth) {
    bool writable = depth == 2 || contains(writable_folders, path) || any_below(&view->missing, path);
    if (is_empty(path)) {
        make_like_host(view->root, path, true);
        return;
    }
    bool split = any_below(&view->mount_points, path);
    if (writable && !split && view->overlays && overlay(view, path)) return;
    // A folder that holds other mounts is taken apart once, so that its parts can be covered; deeper it is not worth the mounts.
    if (writable && split && view->overlays && depth == 1) return take_apart(view, path, 2);
    if (any_below(&view->missing, path)) return take_apart(view, path, 3);
    make_like_host(view->root, path, true);
    bind_read_only(view, path, true);
}

static int own_folder(const struct plan *plan, const char *name) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", plan->folder, name);
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) setup_fail("root", path);
    return fd;
}

bool mount_is_file(const struct mount_plan *mount) {
    struct stat s;
    char whole[PATH_MAX];
    const char *below = mount->subpath ? mount->subpath : "";
    for (size_t i = 0; i < mount->layers.count; i++) {
        snprintf(whole, sizeof whole, "%s/%s", mount->layers.items[i], below);
        if (lstat(whole, &s) == 0) return !S_ISDIR(s.st_mode);
    }
    if (!mount->source) return false;
    snprintf(whole, sizeof whole, "%s%s%s", mount->source, *below ? "/" : "", below);
    return stat(whole, &s) == 0 && !S_ISDIR(s.st_mode);
}

void host_view(const struct pod *pod, const struct plan *plan, int root) {
    struct view view = {.plan = plan, .root = root, .overlays = !plan->without_overlay, .mapped_root = pod->host_root};
    view.upper = own_folder(plan, "upper");
    view.work = own_folder(plan, "work");
    read_mount_points(&view, pod);
    for (size_t i = 0; i < plan->mount_count; i++) {
        const struct mount_plan *mount = &plan->mounts[i];
        want(&view, mount->target, !mount_is_file(mount));
    }
    if (plan->directory) want(&view, plan->directory, true);
    if (!view.mapped_root) {
        struct stat s;
        for (const char *const *folder = writable_below; *folder; folder++)
            if (lstat(*folder, &s) == 0 && S_ISDIR(s.st_mode)) make_like_host(view.upper, *folder, true);
    }
    take_apart(&view, "/", 1);
    close(view.upper);
    close(view.work);
}

int host_skeleton(int root) {
    static const struct { const char *name; mode_t mode; } own[] = {
        {"proc", 0555}, {"sys", 0555}, {"dev", 0755}, {"run", 0755}, {"run/lock", 01777}, {"tmp", 01777}, {"root", 0700}};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (mkdirat(root, own[i].name, 0755) < 0 || fchmodat(root, own[i].name, own[i].mode, 0) < 0) return -1;
    DIR *folder = opendir("/");
    if (!folder) return -1;
    int result = 0;
    for (struct dirent *entry; result == 0 && (entry = readdir(folder));) {
        char path[NAME_MAX + 2], link[PATH_MAX];
        struct stat s;
        snprintf(path, sizeof path, "/%s", entry->d_name);
        if (strcmp(path, "/.") == 0 || strcmp(path, "/..") == 0 || contains(own_folders, path) || lstat(path, &s) < 0) continue;
        if (S_ISDIR(s.st_mode)) {
            result = mkdirat(root, path + 1, 0755) < 0 || fchmodat(root, path + 1, s.st_mode & 07777, 0) < 0 ? -1 : 0;
            own_like_host(root, path + 1, &s);
        } else if (S_ISLNK(s.st_mode)) {
            ssize_t n = readlink(path, link, sizeof link - 1);
            link[n < 0 ? 0 : n] = 0;
            if (n > 0) result = symlinkat(link, root, path + 1);
        } else if (S_ISREG(s.st_mode)) {
            result = mknodat(root, path + 1, S_IFREG | 0644, 0);
        }
    }
    closedir(folder);
    return result;
}

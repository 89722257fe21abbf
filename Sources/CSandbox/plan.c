#include "plan.h"
#include <stdlib.h>
#include <string.h>

static void add(struct texts *list, char *text) {
    char **items = realloc(list->items, (list->count + 2) * sizeof *items);
    if (!items) abort();
    items[list->count++] = text;
    items[list->count] = NULL;
    list->items = items;
}

static void set(char **place, char *text) {
    free(*place);
    *place = text;
}

static bool read_mount(struct mount_plan *mount, struct fields f) {
    *mount = (struct mount_plan){.size = -1, .mode = -1};
    while (field_next(&f)) {
        switch (f.code) {
        case SANDBOX_SOURCE: set(&mount->source, field_copy(&f)); break;
        case SANDBOX_LAYER: add(&mount->layers, field_copy(&f)); break;
        case SANDBOX_SUBPATH: set(&mount->subpath, field_copy(&f)); break;
        case SANDBOX_TARGET: set(&mount->target, field_copy(&f)); break;
        case SANDBOX_READ_ONLY: mount->read_only = field_value(&f) != 0; break;
        case SANDBOX_SIZE: mount->size = field_value(&f); break;
        case SANDBOX_MODE: mount->mode = field_value(&f); break;
        case SANDBOX_PROPAGATION: mount->propagation = (int)field_value(&f); break;
        default: return false;
        }
    }
    return !f.broken && mount->target && mount->target[0] == '/';
}

bool plan_read(struct plan *plan, struct fields f) {
    *plan = (struct plan){.memory_layer = -1, .data_limit = -1, .process_limit = -1, .user = -1, .group = -1, .capabilities = DEFAULT_CAPABILITIES};
    while (field_next(&f)) {
        switch (f.code) {
        case SANDBOX_ID: set(&plan->id, field_copy(&f)); break;
        case SANDBOX_FOLDER: set(&plan->folder, field_copy(&f)); break;
        case SANDBOX_ARGUMENT: add(&plan->arguments, field_copy(&f)); break;
        case SANDBOX_VARIABLE: add(&plan->variables, field_copy(&f)); break;
        case SANDBOX_DIRECTORY: set(&plan->directory, field_copy(&f)); break;
        case SANDBOX_USER: plan->user = field_value(&f); break;
        case SANDBOX_GROUP: plan->group = field_value(&f); break;
        case SANDBOX_EXTRA_GROUP: {
            gid_t *groups = realloc(plan->groups, (plan->group_count + 1) * sizeof *groups);
            if (!groups) abort();
            groups[plan->group_count++] = (gid_t)field_value(&f);
            plan->groups = groups;
            break;
        }
        case SANDBOX_LAYER: add(&plan->layers, field_copy(&f)); break;
        case SANDBOX_READ_ONLY_ROOT: plan->read_only_root = field_value(&f) != 0; break;
        case SANDBOX_LOG: set(&plan->log, field_copy(&f)); break;
        case SANDBOX_CONTROL_GROUP: add(&plan->control_groups, field_copy(&f)); break;
        case SANDBOX_APPARMOR: set(&plan->apparmor, field_copy(&f)); break;
        case SANDBOX_SECCOMP: plan->seccomp = field_value(&f) != 0; break;
        case SANDBOX_SECCOMP_PROGRAM: bytes_append(&plan->seccomp_program, f.value, f.length); break;
        case SANDBOX_SECCOMP_FLAGS: plan->seccomp_flags = (unsigned)field_value(&f); break;
        case SANDBOX_PRIVILEGED:
            plan->privileged = field_value(&f) != 0;
            plan->unmasked |= plan->privileged;
            break;
        case SANDBOX_UNMASKED_PROC: plan->unmasked |= field_value(&f) != 0; break;
        case SANDBOX_DATA_LIMIT: plan->data_limit = field_value(&f); break;
        case SANDBOX_PROCESS_LIMIT: plan->process_limit = field_value(&f); break;
        case SANDBOX_NICENESS: plan->niceness = (int)field_value(&f); break;
        case SANDBOX_MASK: add(&plan->masks, field_copy(&f)); break;
        case SANDBOX_CAPABILITIES: plan->capabilities = (uint64_t)field_value(&f); break;
        case SANDBOX_NO_NEW_PRIVILEGES: plan->no_new_privileges = field_value(&f) != 0; break;
        case SANDBOX_MEMORY_LAYER: plan->memory_layer = field_value(&f); break;
        case SANDBOX_WITHOUT_OVERLAY: plan->without_overlay = field_value(&f) != 0; break;
        case SANDBOX_OWN_PROCESSES: plan->own_processes = field_value(&f) != 0; break;
        case SANDBOX_WITH_PROCESSES_OF: set(&plan->with_processes_of, field_copy(&f)); break;
        case SANDBOX_TERMINAL: plan->terminal = field_value(&f) != 0; break;
        case SANDBOX_INPUT: plan->input = (int)field_value(&f); break;
        case SANDBOX_ROWS: plan->rows = (int)field_value(&f); break;
        case SANDBOX_COLUMNS: plan->columns = (int)field_value(&f); break;
        case SANDBOX_MOUNT: {
            struct mount_plan *mounts = realloc(plan->mounts, (plan->mount_count + 1) * sizeof *mounts);
            if (!mounts) abort();
            plan->mounts = mounts;
            if (!read_mount(&mounts[plan->mount_count++], fields_of(f.value, f.length))) return false;
            break;
        }
        default: return false;
        }
    }
    if (!plan->variables.items) {
        plan->variables.items = swk_allocate(sizeof(char *));
    }
    return !f.broken && plan->id && plan->arguments.count > 0;
}

static void free_texts(struct texts *list) {
    for (size_t i = 0; i < list->count; i++) free(list->items[i]);
    free(list->items);
}

void plan_free(struct plan *plan) {
    free(plan->id);
    free(plan->folder);
    free(plan->directory);
    free(plan->log);
    free(plan->with_processes_of);
    free(plan->apparmor);
    free_texts(&plan->arguments);
    free_texts(&plan->variables);
    free_texts(&plan->layers);
    free_texts(&plan->masks);
    free_texts(&plan->control_groups);
    bytes_free(&plan->seccomp_program);
    free(plan->groups);
    for (size_t i = 0; i < plan->mount_count; i++) {
        free(plan->mounts[i].source);
        free_texts(&plan->mounts[i].layers);
        free(plan->mounts[i].subpath);
        free(plan->mounts[i].target);
    }
    free(plan->mounts);
    *plan = (struct plan){0};
}

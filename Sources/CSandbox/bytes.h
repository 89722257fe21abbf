// Growing byte buffers, and frames written into and read out of them.

#pragma once

#include "include/SandboxProtocol.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    char *data;
    size_t length, capacity;
};

/// All memory is obtained through these: out of memory ends the parent, and with it the pod, rather than half a pod running on.
void *swk_allocate(size_t size);
char *swk_copy(const char *text, size_t length);

void bytes_reserve(struct bytes *b, size_t more);
void bytes_append(struct bytes *b, const void *data, size_t length);
void bytes_drop(struct bytes *b, size_t length);
void bytes_free(struct bytes *b);

/// Begins a frame and returns the place that `frame_end` needs.
size_t frame_begin(struct bytes *b, uint32_t type, uint32_t tag);
void frame_end(struct bytes *b, size_t start);
void field_text(struct bytes *b, uint32_t code, const char *text);
void field_number(struct bytes *b, uint32_t code, int64_t value);
size_t group_begin(struct bytes *b, uint32_t code);
void group_end(struct bytes *b, size_t start);

/// Walks over fields: `field_next` steps to the next one and tells whether there is one. Lengths are checked.
struct fields {
    const char *at, *end;
    uint32_t code, length;
    const char *value;
    bool broken;
};
struct fields fields_of(const void *data, size_t length);
bool field_next(struct fields *f);
/// The field's bytes as a text of its own, ended by NUL; a NUL inside marks the walk as broken.
char *field_copy(struct fields *f);
int64_t field_value(struct fields *f);

#include "bytes.h"
#include <stdlib.h>
#include <string.h>

void *swk_allocate(size_t size) {
    void *p = calloc(1, size ? size : 1);
    if (!p) abort();
    return p;
}

char *swk_copy(const char *text, size_t length) {
    char *copy = swk_allocate(length + 1);
    memcpy(copy, text, length);
    return copy;
}

void bytes_reserve(struct bytes *b, size_t more) {
    if (b->capacity - b->length >= more) return;
    size_t wanted = b->capacity ? b->capacity * 2 : 512;
    while (wanted - b->length < more) wanted *= 2;
    char *data = realloc(b->data, wanted);
    if (!data) abort();
    b->data = data;
    b->capacity = wanted;
}

void bytes_append(struct bytes *b, const void *data, size_t length) {
    if (length == 0) return;
    bytes_reserve(b, length);
    memcpy(b->data + b->length, data, length);
    b->length += length;
}

void bytes_drop(struct bytes *b, size_t length) {
    b->length -= length;
    if (b->length == 0) {
        bytes_free(b); // an idle connection holds no memory
    } else {
        memmove(b->data, b->data + length, b->length);
    }
}

void bytes_free(struct bytes *b) {
    free(b->data);
    *b = (struct bytes){0};
}

size_t frame_begin(struct bytes *b, uint32_t type, uint32_t tag) {
    size_t start = b->length;
    struct sandbox_frame header = {.length = 0, .tag = tag, .type = type};
    bytes_append(b, &header, sizeof header);
    return start;
}

static void set_length(struct bytes *b, size_t place, uint32_t length) { memcpy(b->data + place, &length, sizeof length); }

void frame_end(struct bytes *b, size_t start) {
    set_length(b, start + offsetof(struct sandbox_frame, length), (uint32_t)(b->length - start - sizeof(struct sandbox_frame)));
}

static void field(struct bytes *b, uint32_t code, const void *value, size_t length) {
    struct sandbox_field header = {.code = code, .length = (uint32_t)length};
    bytes_append(b, &header, sizeof header);
    bytes_append(b, value, length);
}

void field_text(struct bytes *b, uint32_t code, const char *text) { field(b, code, text, strlen(text)); }
void field_number(struct bytes *b, uint32_t code, int64_t value) { field(b, code, &value, sizeof value); }

size_t group_begin(struct bytes *b, uint32_t code) {
    size_t start = b->length;
    field(b, code, NULL, 0);
    return start;
}

void group_end(struct bytes *b, size_t start) {
    set_length(b, start + offsetof(struct sandbox_field, length), (uint32_t)(b->length - start - sizeof(struct sandbox_field)));
}

struct fields fields_of(const void *data, size_t length) {
    return (struct fields){.at = data, .end = (const char *)data + length};
}

bool field_next(struct fields *f) {
    struct sandbox_field header;
    size_t left = (size_t)(f->end - f->at);
    if (left == 0 || f->broken) return false;
    if (left < sizeof header) {
        f->broken = true;
        return false;
    }
    memcpy(&header, f->at, sizeof header);
    if (header.length > left - sizeof header) {
        f->broken = true;
        return false;
    }
    f->code = header.code;
    f->length = header.length;
    f->value = f->at + sizeof header;
    f->at = f->value + header.length;
    return true;
}

char *field_copy(struct fields *f) {
    if (memchr(f->value, 0, f->length)) f->broken = true;
    return swk_copy(f->value, f->length);
}

int64_t field_value(struct fields *f) {
    int64_t value = 0;
    if (f->length != sizeof value) {
        f->broken = true;
        return 0;
    }
    memcpy(&value, f->value, sizeof value);
    return value;
}

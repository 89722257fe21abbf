#include <zlib.h>

/* The beginnings are macros, which Swift does not see. `window`: 15 for zlib, -15 for bare deflate, 31 for gzip, 47 for either by its head. */

static inline int swkube_inflate_begin(z_stream *stream, int window) { return inflateInit2(stream, window); }

static inline int swkube_deflate_begin(z_stream *stream, int level, int window) {
    return deflateInit2(stream, level, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
}

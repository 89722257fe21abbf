#include <sqlite3.h>

/* sqlite3_db_config is variadic, which Swift cannot call. */

/* Whether the write-ahead log is left alone when the connection closes, so that a file that is refused stays as it was. */
static inline int swkube_sqlite_no_checkpoint_on_close(sqlite3 *database, int on) {
    return sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, on, (int *)0);
}

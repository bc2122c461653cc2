/* A disk that fails on purpose: BROKEN_CALL (read, write, fsync or rename) ends with EIO on files with BROKEN_PATH in
   their path, once BROKEN_AFTER bytes have been read or written. Loaded before the C library by broken_disk.rs. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long moved;

static int named(const char *call, const char *path) {
    const char *broken = getenv("BROKEN_CALL"), *part = getenv("BROKEN_PATH");
    return broken && part && strcmp(broken, call) == 0 && strstr(path, part) != NULL;
}

static int meant(const char *call, int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return named(call, path);
}

static int worn(void) {
    const char *after = getenv("BROKEN_AFTER");
    return moved >= (after ? atol(after) : 0);
}

#define FAIL do { errno = EIO; return -1; } while (0)
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define MOVE(call, file, real) do { \
    if (!meant(call, file)) return real; \
    if (worn()) FAIL; \
    ssize_t done = real; \
    if (done > 0) moved += done; \
    return done; \
} while (0)

ssize_t read(int file, void *to, size_t bytes) { MOVE("read", file, REAL(read)(file, to, bytes)); }
ssize_t pread64(int file, void *to, size_t bytes, off64_t at) {
    MOVE("read", file, REAL(pread64)(file, to, bytes, at));
}
ssize_t write(int file, const void *from, size_t bytes) { MOVE("write", file, REAL(write)(file, from, bytes)); }
ssize_t copy_file_range(int from, off64_t *start, int to, off64_t *end, size_t bytes, unsigned int flags) {
    if (meant("read", from) || meant("write", to)) { errno = EXDEV; return -1; }
    return REAL(copy_file_range)(from, start, to, end, bytes, flags);
}
ssize_t sendfile64(int to, int from, off64_t *start, size_t bytes) {
    if (meant("read", from) || meant("write", to)) { errno = EINVAL; return -1; }
    return ((ssize_t(*)(int, int, off64_t *, size_t))dlsym(RTLD_NEXT, "sendfile64"))(to, from, start, bytes);
}
int fsync(int file) { if (meant("fsync", file)) FAIL; return REAL(fsync)(file); }
int fdatasync(int file) { if (meant("fsync", file)) FAIL; return REAL(fdatasync)(file); }
/* Once only: what was moved away has to come back. */
int rename(const char *from, const char *to) {
    if (named("rename", from) && moved++ == 0) FAIL;
    return REAL(rename)(from, to);
}

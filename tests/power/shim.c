/*
 * Records what a process writes to a database's files, and when it has made which of it durable. Loaded with LD_PRELOAD.
 *
 * SHIM_LOG names a file that gets a record for each call on the files in SHIM_FOLDER whose name begins with `replyx.db`, but
 * for -shm, which a disk does not need. SHIM_FAULT names a file that may hold a call and an errno, such as `write 28` or
 * `fsync 5`: while it is there, that call fails on those files; `fsync 0` hangs until the file is gone.
 *
 * A write is recorded before it is made: a process killed between the two leaves a write that could have happened, not one
 * that nobody knows of. A sync is recorded after it. Records are read by rebuild.py.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define FILES 65536
#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__)) dlsym(RTLD_NEXT, name)

enum { NONE, FILE_OF_OURS, FOLDER };

struct record {
    char kind; /* C create, W write, T truncate, S sync of a file, D sync of the folder, U unlink, R rename */
    char padding[7];
    uint64_t inode, offset, length;
    double begin, end;
};

static struct { char kind; uint64_t inode; } known[FILES];
static int log_fd = -1;
static const char *folder, *fault;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static int raw_open(const char *path, int flags) {
    return syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600);
}

__attribute__((constructor)) static void begin(void) {
    char whole[4096];
    folder = getenv("SHIM_FOLDER");
    fault = getenv("SHIM_FAULT");
    if (folder && (folder = realpath(folder, whole))) folder = strdup(folder);
    if (getenv("SHIM_LOG")) log_fd = raw_open(getenv("SHIM_LOG"), O_WRONLY | O_CREAT | O_APPEND);
}

static void note(char kind, uint64_t inode, uint64_t offset, const void *data, size_t length, double begin, double end) {
    struct record record = {kind, "REPLYX!", inode, offset, length, begin, end};
    struct iovec parts[] = {{&record, sizeof record}, {(void *) data, data ? length : 0}};
    if (log_fd < 0) return;
    pthread_mutex_lock(&lock);
    if (syscall(SYS_writev, log_fd, parts, 2) != (long) (sizeof record + parts[1].iov_len)) abort();
    pthread_mutex_unlock(&lock);
}

/* The name of a file of ours below the folder, or NULL. */
static const char *ours(const char *path) {
    size_t length;
    if (!folder || !path || strncmp(path, folder, length = strlen(folder)) || strncmp(path + length, "/replyx.db", 10))
        return NULL;
    path += length + 1;
    return strcmp(path, "replyx.db") && strcmp(path, "replyx.db-wal") && strcmp(path, "replyx.db-journal") ? NULL : path;
}

static int fails(int fd, const char *call) {
    char text[32] = "", name[16];
    int number, file, seen = 0;
    if (!fault || fd < 0 || fd >= FILES || known[fd].kind != FILE_OF_OURS) return 0;
    while ((file = raw_open(fault, O_RDONLY)) >= 0) {
        ssize_t size = syscall(SYS_read, file, text, sizeof text - 1);
        syscall(SYS_close, file);
        seen = size > 0 && sscanf(text, "%15s %d", name, &number) == 2 && !strcmp(name, call);
        if (!seen || number) break;
        usleep(10000);
        seen = 0;
    }
    if (seen) errno = number;
    return seen;
}

static int watch(int fd, const char *path, int flags, int existed) {
    struct stat found;
    const char *name = ours(path);
    if (fd < 0 || fd >= FILES) return fd;
    known[fd].kind = NONE;
    if (!name && !(folder && !strcmp(path, folder))) return fd;
    if (fstat(fd, &found)) return fd;
    known[fd].kind = name ? FILE_OF_OURS : FOLDER;
    known[fd].inode = found.st_ino;
    if (name && !existed) note('C', found.st_ino, 0, name, strlen(name), now(), now());
    else if (name && flags & O_TRUNC) note('T', found.st_ino, 0, NULL, 0, now(), now());
    return fd;
}

#define OPEN(function) \
    int function(const char *path, int flags, ...) { \
        mode_t mode = 0; \
        va_list rest; \
        if (flags & (O_CREAT | O_TMPFILE)) { va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); } \
        int existed = !ours(path) || access(path, F_OK) == 0; \
        REAL(int, #function, const char *, int, ...); \
        return watch(real(path, flags, mode), path, flags, existed); \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    REAL(int, "close", int);
    if (fd >= 0 && fd < FILES) known[fd].kind = NONE;
    return real(fd);
}

static int is_ours(int fd) { return fd >= 0 && fd < FILES && known[fd].kind == FILE_OF_OURS; }

#define PWRITE(function, offset_type) \
    ssize_t function(int fd, const void *data, size_t length, offset_type offset) { \
        REAL(ssize_t, #function, int, const void *, size_t, offset_type); \
        if (fails(fd, "write")) return -1; \
        if (is_ours(fd)) note('W', known[fd].inode, offset, data, length, now(), 0); \
        return real(fd, data, length, offset); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t length) {
    REAL(ssize_t, "write", int, const void *, size_t);
    if (fails(fd, "write")) return -1;
    if (is_ours(fd)) note('W', known[fd].inode, lseek(fd, 0, SEEK_CUR), data, length, now(), 0);
    return real(fd, data, length);
}

#define TRUNCATE(function, offset_type) \
    int function(int fd, offset_type length) { \
        REAL(int, #function, int, offset_type); \
        if (fails(fd, "write")) return -1; \
        if (is_ours(fd)) note('T', known[fd].inode, length, NULL, 0, now(), 0); \
        return real(fd, length); \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(function) \
    int function(int fd) { \
        REAL(int, #function, int); \
        if (fails(fd, "fsync")) return -1; \
        double begin = now(); \
        int failed = real(fd); \
        if (!failed && fd >= 0 && fd < FILES && known[fd].kind) \
            note(known[fd].kind == FOLDER ? 'D' : 'S', known[fd].inode, 0, NULL, 0, begin, now()); \
        return failed; \
    }
SYNC(fsync)
SYNC(fdatasync)

int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    if (ours(path) && access(path, F_OK) == 0) note('U', 0, 0, ours(path), strlen(ours(path)), now(), 0);
    return real(path);
}

int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *);
    /* Nothing of ours is renamed; if that changes, the rebuilder has to learn it. */
    if (ours(from) || ours(to)) note('R', 0, 0, NULL, 0, now(), 0);
    return real(from, to);
}

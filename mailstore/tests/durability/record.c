/*
 * Stands between a process and the C library (LD_PRELOAD), for the files under one directory.
 *
 * RECORD_ROOT     the directory; everything else passes untouched
 * RECORD_LOG      every change to it is written here, in order, and syncing only goes into the log
 * RECORD_CONTROL  16 bytes, shared: how many bytes there is room for (an i64, negative: no limit),
 *                 and whether syncing fails (an i64, not zero: with EIO)
 *
 * One lock is held over each call and its record, so the log is what happened, in that order.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST_FILES 65536

struct control {
    int64_t room;
    int64_t sync_fails;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_len;
static int log_fd = -1;
static volatile struct control *control;
static unsigned char is_ours[MOST_FILES];

#define REAL(result, name, ...)                              \
    static result (*real_##name)(__VA_ARGS__);               \
    if (!real_##name)                                        \
        real_##name = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

static ssize_t write_out(int fd, const void *bytes, size_t len) {
    REAL(ssize_t, write, int, const void *, size_t);
    return real_write(fd, bytes, len);
}

/* One record: its kind, an inode, a number, and two byte strings. */
static void record(char kind, uint64_t inode, uint64_t number, const char *a, size_t a_len,
                   const void *b, size_t b_len) {
    if (log_fd < 0)
        return;
    int saved = errno;
    unsigned char head[25];
    uint32_t lens[2] = {(uint32_t)a_len, (uint32_t)b_len};
    head[0] = (unsigned char)kind;
    memcpy(head + 1, &inode, 8);
    memcpy(head + 9, &number, 8);
    memcpy(head + 17, lens, 8);
    struct iovec parts[3] = {{head, sizeof head}, {(void *)a, a_len}, {(void *)b, b_len}};
    if (writev(log_fd, parts, 3) != (ssize_t)(sizeof head + a_len + b_len))
        abort();
    errno = saved;
}

/* The path below the root, or NULL. */
static const char *below(const char *path) {
    if (!root_len || strncmp(path, root, root_len))
        return NULL;
    if (path[root_len] == 0)
        return path + root_len;
    return path[root_len] == '/' ? path + root_len + 1 : NULL;
}

static uint64_t inode_of(int fd) {
    struct stat found;
    return fstat(fd, &found) ? 0 : found.st_ino;
}

static uint64_t inode_at(const char *path) {
    struct stat found;
    return stat(path, &found) ? 0 : found.st_ino;
}

__attribute__((constructor)) static void start(void) {
    const char *name = getenv("RECORD_ROOT");
    if (!name || strlen(name) >= sizeof root)
        return;
    strcpy(root, name);
    const char *log = getenv("RECORD_LOG");
    if (log)
        log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const char *shared = getenv("RECORD_CONTROL");
    if (shared) {
        int fd = open(shared, O_RDWR | O_CLOEXEC);
        void *at = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        control = at == MAP_FAILED ? NULL : at;
        close(fd);
    }
    root_len = strlen(root);
    record('D', inode_at(root), 0, "", 0, NULL, 0);
}

static int ours(int fd) { return fd >= 0 && fd < MOST_FILES && is_ours[fd]; }

/* How many of so many bytes there is room for. */
static size_t room_for(size_t len) {
    if (!control || control->room < 0)
        return len;
    size_t fits = (size_t)control->room < len ? (size_t)control->room : len;
    control->room -= (int64_t)fits;
    return fits;
}

static int is_full(void) { return control && control->room == 0; }

static int no_room(void) {
    errno = ENOSPC;
    return -1;
}

typedef int (*opener)(const char *, int, ...);

static int open_any(opener real, const char *path, int flags, mode_t mode) {
    const char *name = below(path);
    if (!name)
        return real(path, flags, mode);
    pthread_mutex_lock(&lock);
    int is_new = (flags & O_CREAT) && access(path, F_OK);
    int fd = is_new && is_full() ? no_room() : real(path, flags, mode);
    if (fd >= 0 && fd < MOST_FILES) {
        is_ours[fd] = 1;
        if (is_new)
            record('C', inode_of(fd), 0, name, strlen(name), NULL, 0);
        else if (flags & O_TRUNC)
            record('T', inode_of(fd), 0, NULL, 0, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

#define OPEN(name)                                           \
    int name(const char *path, int flags, ...) {             \
        REAL(int, name, const char *, int, ...);             \
        va_list rest;                                        \
        va_start(rest, flags);                               \
        mode_t mode = va_arg(rest, mode_t);                  \
        va_end(rest);                                        \
        return open_any(real_##name, path, flags, mode);     \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    REAL(int, close, int);
    if (ours(fd))
        is_ours[fd] = 0;
    return real_close(fd);
}

/* What a write may take of its bytes; -1 if nothing. */
static ssize_t cut(size_t len) {
    size_t fits = room_for(len);
    return fits == 0 && len > 0 ? no_room() : (ssize_t)fits;
}

ssize_t write(int fd, const void *bytes, size_t len) {
    if (!ours(fd))
        return write_out(fd, bytes, len);
    pthread_mutex_lock(&lock);
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t done = cut(len);
    if (done > 0)
        done = write_out(fd, bytes, (size_t)done);
    if (done > 0)
        record('W', inode_of(fd), (uint64_t)at, NULL, 0, bytes, (size_t)done);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(ssize_t, writev, int, const struct iovec *, int);
    if (!ours(fd))
        return real_writev(fd, parts, count);
    ssize_t all = 0;
    for (int i = 0; i < count; i++) {
        ssize_t done = write(fd, parts[i].iov_base, parts[i].iov_len);
        if (done < 0)
            return all ? all : done;
        all += done;
        if ((size_t)done < parts[i].iov_len)
            break;
    }
    return all;
}

#define PWRITE(name, offset_type)                                                    \
    ssize_t name(int fd, const void *bytes, size_t len, offset_type at) {            \
        REAL(ssize_t, name, int, const void *, size_t, offset_type);                 \
        if (!ours(fd))                                                               \
            return real_##name(fd, bytes, len, at);                                  \
        pthread_mutex_lock(&lock);                                                   \
        ssize_t done = cut(len);                                                     \
        if (done > 0)                                                                \
            done = real_##name(fd, bytes, (size_t)done, at);                         \
        if (done > 0)                                                                \
            record('W', inode_of(fd), (uint64_t)at, NULL, 0, bytes, (size_t)done);   \
        pthread_mutex_unlock(&lock);                                                 \
        return done;                                                                 \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define TRUNCATE(name, offset_type)                                                  \
    int name(int fd, offset_type len) {                                              \
        REAL(int, name, int, offset_type);                                           \
        if (!ours(fd))                                                               \
            return real_##name(fd, len);                                             \
        pthread_mutex_lock(&lock);                                                   \
        struct stat now;                                                             \
        int grows = !fstat(fd, &now) && len > now.st_size;                           \
        int result = grows && is_full() ? no_room() : real_##name(fd, len);          \
        if (!result)                                                                 \
            record('T', inode_of(fd), (uint64_t)len, NULL, 0, NULL, 0);              \
        pthread_mutex_unlock(&lock);                                                 \
        return result;                                                               \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(name)                                                   \
    int name(int fd) {                                               \
        REAL(int, name, int);                                        \
        if (!ours(fd))                                               \
            return real_##name(fd);                                  \
        if (control && control->sync_fails) {                        \
            errno = EIO;                                             \
            return -1;                                               \
        }                                                            \
        pthread_mutex_lock(&lock);                                   \
        int result = log_fd < 0 ? real_##name(fd) : 0;               \
        if (!result)                                                 \
            record('S', inode_of(fd), 0, NULL, 0, NULL, 0);          \
        pthread_mutex_unlock(&lock);                                 \
        return result;                                               \
    }
SYNC(fsync)
SYNC(fdatasync)

int mkdir(const char *path, mode_t mode) {
    REAL(int, mkdir, const char *, mode_t);
    const char *name = below(path);
    if (!name)
        return real_mkdir(path, mode);
    pthread_mutex_lock(&lock);
    int result = is_full() ? no_room() : real_mkdir(path, mode);
    if (!result)
        record('D', inode_at(path), 0, name, strlen(name), NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int unlink(const char *path) {
    REAL(int, unlink, const char *);
    const char *name = below(path);
    if (!name)
        return real_unlink(path);
    pthread_mutex_lock(&lock);
    int result = real_unlink(path);
    if (!result)
        record('U', 0, 0, name, strlen(name), NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int rename(const char *from, const char *to) {
    REAL(int, rename, const char *, const char *);
    const char *a = below(from), *b = below(to);
    if (!a || !b)
        return real_rename(from, to);
    pthread_mutex_lock(&lock);
    int result = real_rename(from, to);
    if (!result)
        record('R', 0, 0, a, strlen(a), b, strlen(b));
    pthread_mutex_unlock(&lock);
    return result;
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
    REAL(int, linkat, int, const char *, int, const char *, int);
    const char *a = below(from), *b = below(to);
    if (!a || !b)
        return real_linkat(from_dir, from, to_dir, to, flags);
    pthread_mutex_lock(&lock);
    int result = real_linkat(from_dir, from, to_dir, to, flags);
    if (!result)
        record('L', 0, 0, a, strlen(a), b, strlen(b));
    pthread_mutex_unlock(&lock);
    return result;
}

int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

/* What is not recorded must not be used unseen. */
#define REFUSED(name)                                                                \
    int name(int fd, int mode, off64_t from, off64_t len) {                          \
        REAL(int, name, int, int, off64_t, off64_t);                                 \
        if (!ours(fd))                                                               \
            return real_##name(fd, mode, from, len);                                 \
        errno = EOPNOTSUPP;                                                          \
        return -1;                                                                   \
    }
REFUSED(fallocate)
REFUSED(fallocate64)

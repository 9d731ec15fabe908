/*
 * Latencies of keeping a descriptor elsewhere and getting it back; bench/broker builds and runs it.
 *
 * usage: broker bare|thaw|s6 SOCKET ROUNDS COUNT
 *
 * Each round stores COUNT descriptors one after the other, gets each back, and deletes them. Prints a line "ROUND VERB NANOSECONDS" for each
 * request. "bare" is a process of its own that takes a descriptor and says so, and sends one when asked: two messages, no names, no policy.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef WITH_S6
#include <s6/fdholder.h>
#include <skalibs/tai.h>
#endif

static int connection;

static void fail(char const *what) {
    fprintf(stderr, "broker: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void send_fd(void const *bytes, size_t length, int fd) {
    union { struct cmsghdr header; char room[CMSG_SPACE(sizeof(int))]; } control;
    struct iovec piece = {(void *) bytes, length};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    if (fd >= 0) {
        message.msg_control = control.room;
        message.msg_controllen = sizeof control.room;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    if (sendmsg(connection, &message, MSG_NOSIGNAL) < 0) fail("sendmsg");
}

/* Length of the packet; *fd is -1 when none came. */
static ssize_t receive_fd(unsigned char *bytes, size_t room, int *fd) {
    union { struct cmsghdr header; char room[CMSG_SPACE(sizeof(int))]; } control;
    struct iovec piece = {bytes, room};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
    ssize_t length = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
    if (length < 0) fail("recvmsg");
    *fd = -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_type == SCM_RIGHTS) memcpy(fd, CMSG_DATA(header), sizeof *fd);
    return length;
}

/* ---- bare ---- */

static void bare_start(char const *unused) {
    (void) unused;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) fail("socketpair");
    pid_t child = fork();
    if (child < 0) fail("fork");
    connection = pair[child == 0];
    close(pair[child != 0]);
    if (child > 0) return;
    int kept = -1;
    for (;;) {
        unsigned char byte;
        int fd;
        if (receive_fd(&byte, 1, &fd) == 0) _exit(0);
        if (fd >= 0) {
            if (kept >= 0) close(kept);
            kept = fd;
        }
        send_fd("d", 1, fd >= 0 ? -1 : kept);
    }
}

static void bare_store(char const *name, int fd) {
    (void) name;
    unsigned char byte;
    int none;
    send_fd("s", 1, fd);
    receive_fd(&byte, 1, &none);
}

static int bare_retrieve(char const *name) {
    (void) name;
    unsigned char byte;
    int fd;
    send_fd("r", 1, -1);
    receive_fd(&byte, 1, &fd);
    return fd;
}

static void bare_delete(char const *name) { (void) name; }

/* ---- thaw ---- */

static void thaw_start(char const *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (connection < 0 || connect(connection, (struct sockaddr *) &address, sizeof address) < 0) fail(path);
}

static int thaw_ask(int verb, char const *name, int fd) {
    unsigned char packet[300] = {1, (unsigned char) verb, 1, (unsigned char) strlen(name)}, reply[8300];
    size_t length = 4 + strlen(name);
    int came;
    memcpy(packet + 4, name, strlen(name));
    send_fd(packet, verb == 1 ? length + 8 : length, fd);
    if (receive_fd(reply, sizeof reply, &came) < 2 || reply[1] == 1) {
        fprintf(stderr, "broker: refused\n");
        exit(1);
    }
    return came;
}

static void thaw_store(char const *name, int fd) { thaw_ask(1, name, fd); }
static int thaw_retrieve(char const *name) { return thaw_ask(2, name, -1); }
static void thaw_delete(char const *name) { thaw_ask(3, name, -1); }

/* ---- s6 ---- */

#ifdef WITH_S6
static s6_fdholder_t holder = S6_FDHOLDER_ZERO;
static tain never;

static void s6_start(char const *path) {
    tain_now_set_stopwatch_g();
    tain_add_g(&never, &tain_infinite_relative);
    if (!s6_fdholder_start_g(&holder, path, &never)) fail(path);
}

static void s6_store(char const *name, int fd) {
    if (!s6_fdholder_store_g(&holder, fd, name, &never, &never)) fail("s6_fdholder_store");
}

static int s6_retrieve(char const *name) {
    int fd = s6_fdholder_retrieve_g(&holder, name, &never);
    if (fd < 0) fail("s6_fdholder_retrieve");
    return fd;
}

static void s6_delete(char const *name) {
    if (!s6_fdholder_delete_g(&holder, name, &never)) fail("s6_fdholder_delete");
}
#endif

static struct candidate {
    char const *name;
    void (*start)(char const *);
    void (*store)(char const *, int);
    int (*retrieve)(char const *);
    void (*delete)(char const *);
} const candidates[] = {
    {"bare", bare_start, bare_store, bare_retrieve, bare_delete},
    {"thaw", thaw_start, thaw_store, thaw_retrieve, thaw_delete},
#ifdef WITH_S6
    {"s6", s6_start, s6_store, s6_retrieve, s6_delete},
#endif
    {0}};

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t) time.tv_sec * 1000000000u + (uint64_t) time.tv_nsec;
}

int main(int argc, char **argv) {
    struct candidate const *one = candidates;
    if (argc != 5) return 2;
    while (one->name && strcmp(one->name, argv[1])) one++;
    if (!one->name) return 2;
    int rounds = atoi(argv[3]), count = atoi(argv[4]);
    uint64_t *taken = calloc((size_t) count * 2, sizeof *taken);
    char name[32];
    one->start(argv[2]);
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < count; i++) {
            snprintf(name, sizeof name, "bench:%d", i);
            uint64_t start = now();
            one->store(name, 0);
            taken[i] = now() - start;
        }
        for (int i = 0; i < count; i++) {
            snprintf(name, sizeof name, "bench:%d", i);
            uint64_t start = now();
            int fd = one->retrieve(name);
            taken[count + i] = now() - start;
            if (fd < 0) fail("no descriptor came");
            close(fd);
        }
        for (int i = 0; i < count; i++) {
            snprintf(name, sizeof name, "bench:%d", i);
            one->delete(name);
        }
        for (int i = 0; i < 2 * count; i++) printf("%d %s %llu\n", round, i < count ? "store" : "retrieve", (unsigned long long) taken[i]);
    }
    return 0;
}

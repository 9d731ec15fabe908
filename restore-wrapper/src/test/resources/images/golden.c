/* The process of the golden images: one descriptor of each kind that thaw reads, at the number named beside it. See make-golden. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void need(int ok, const char *what)
{
    if (!ok) {
        perror(what);
        exit(1);
    }
}

static void place(int fd, int number, const char *what)
{
    need(fd >= 0, what);
    if (fd != number) {
        need(dup2(fd, number) == number, what);
        close(fd);
    }
}

static int unix_socket(int type, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type, 0);
    strcpy(address.sun_path, path);
    need(bind(fd, (struct sockaddr *)&address, sizeof address) == 0, path);
    return fd;
}

static int listener(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    need(bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 7) == 0, "tcp");
    return fd;
}

static void *forever(void *unused)
{
    for (;;)
        pause();
    return unused;
}

static int sharer(void *unused)
{
    prctl(PR_SET_NAME, "sharer");
    forever(unused);
    return 0;
}

int main(int argc, char **argv)
{
    int pair[2];
    /* 0 /dev/null, 1 a pipe whose reader is outside and 2 the log come from make-golden. */
    place(open("data", O_RDWR | O_CREAT | O_TRUNC, 0640), 3, "data");
    need(write(3, "0123456789", 10) == 10 && lseek(3, 5, SEEK_SET) == 5, "data");
    need(flock(3, LOCK_EX) == 0, "flock");

    need(pipe2(pair, O_NONBLOCK) == 0, "pipe");
    place(pair[0], 4, "pipe");
    place(pair[1], 5, "pipe");
    need(write(5, "unread\n", 7) == 7, "pipe");

    place(memfd_create("cache", MFD_ALLOW_SEALING), 6, "memfd");
    need(ftruncate(6, 4096) == 0 && fcntl(6, F_ADD_SEALS, F_SEAL_GROW) == 0, "memfd");
    need(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 6, 0) != MAP_FAILED, "mmap");

    place(epoll_create1(0), 7, "epoll");
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 77};
    need(epoll_ctl(7, EPOLL_CTL_ADD, 4, &event) == 0, "epoll_ctl");
    place(eventfd(3, 0), 8, "eventfd");

    need(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
    place(pair[0], 9, "socketpair");
    place(pair[1], 10, "socketpair");
    need(write(9, "queued", 6) == 6, "socketpair");
    place(unix_socket(SOCK_DGRAM, "dgram.sock"), 11, "dgram");
    place(unix_socket(SOCK_STREAM, "listen.sock"), 12, "listen");
    need(listen(12, 5) == 0, "listen");
    if (argc > 1 && strcmp(argv[1], "inet") == 0)
        place(listener(47113), 13, "tcp");

    need(mkfifo("fifo", 0600) == 0, "fifo");
    place(open("fifo", O_RDWR), 14, "fifo");
    need(write(14, "later", 5) == 5, "fifo");

    place(posix_openpt(O_RDWR | O_NOCTTY), 15, "ptmx");
    need(grantpt(15) == 0 && unlockpt(15) == 0, "pty");
    place(open(ptsname(15), O_RDWR | O_NOCTTY), 16, "pts");
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    need(ioctl(16, TIOCSWINSZ, &size) == 0, "winsize");

    place(open("gone", O_RDWR | O_CREAT, 0600), 17, "gone");
    need(write(17, "ghost", 5) == 5 && unlink("gone") == 0, "gone");
    place(open(".", O_RDONLY | O_DIRECTORY), 18, "directory");
    place(timerfd_create(CLOCK_MONOTONIC, 0), 19, "timerfd");
    sigset_t usr1;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    place(signalfd(-1, &usr1, 0), 20, "signalfd");
    /* A second description of the log, in a name that is not UTF-8, closed on exec. */
    place(open("caf\xe9", O_WRONLY | O_CREAT | O_APPEND, 0600), 21, "latin1");
    need(fcntl(21, F_SETFD, FD_CLOEXEC) == 0, "cloexec");
    need(fcntl(4, F_SETOWN, getpid()) == 0, "setown");

    pthread_t thread;
    need(pthread_create(&thread, NULL, forever, NULL) == 0, "thread");

    static char stack[16384];
    need(clone(sharer, stack + sizeof stack, CLONE_FILES | SIGCHLD, NULL) > 0, "clone");
    pid_t ended = fork();
    if (ended == 0)
        _exit(3);
    pid_t bare = fork();
    if (bare == 0) {
        prctl(PR_SET_NAME, "bare");
        need(close_range(0, ~0U, 0) == 0, "close_range");
        forever(NULL);
    }
    need(ended > 0 && bare > 0, "fork");
    siginfo_t info;
    need(waitid(P_PID, ended, &info, WEXITED | WNOWAIT) == 0, "zombie");
    usleep(200000);
    need(write(1, "ready\n", 6) == 6, "ready");
    forever(NULL);
}

/* Connects, chooses a random number, reads its settings; all three anew at SIGUSR1, which says that it was restored or checkpointed.
 * usage: notice PORT SETTINGS */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

static volatile sig_atomic_t noticed;

static void on_notice(int number) {
    (void)number;
    noticed = 1;
}

static int begin(int port, const char *path) {
    unsigned seed;
    char place[64];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    FILE *settings = fopen(path, "r");
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (settings == NULL || fscanf(settings, "%63s", place) != 1 || getrandom(&seed, sizeof seed, 0) != sizeof seed
        || connect(server, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("notice");
        exit(1);
    }
    fclose(settings);
    srandom(seed); /* else all restores of one image would choose alike */
    dprintf(server, "c %s %ld -\n", place, random());
    return server;
}

int main(int count, char **words) {
    struct sigaction action = {.sa_handler = on_notice};
    sigset_t notice, others;
    int server;

    if (count != 3) {
        fprintf(stderr, "usage: notice PORT SETTINGS\n");
        return 2;
    }
    sigemptyset(&notice);
    sigaddset(&notice, SIGUSR1);
    sigprocmask(SIG_BLOCK, &notice, &others); /* it comes in sigsuspend only, so none is missed */
    sigaction(SIGUSR1, &action, NULL);
    server = begin(atoi(words[1]), words[2]);
    for (;;) {
        while (!noticed) {
            sigsuspend(&others);
        }
        noticed = 0;
        close(server);
        server = begin(atoi(words[1]), words[2]);
    }
}

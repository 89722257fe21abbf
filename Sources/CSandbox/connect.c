#define _GNU_SOURCE
#include "parent.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int connect_begin(const char *address, int64_t port) {
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    if (port < 1 || port > 65535) return -EINVAL;
    const struct sockaddr *target;
    socklen_t length;
    if (inet_pton(AF_INET, address, &four.sin_addr) == 1) target = (struct sockaddr *)&four, length = sizeof four;
    else if (inet_pton(AF_INET6, address, &six.sin6_addr) == 1) target = (struct sockaddr *)&six, length = sizeof six;
    else return -EINVAL;
    // This process serves the whole pod, so it does not wait for the connection: whoever gets the socket does.
    int fd = socket(target->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    if (fd < 0) return -errno;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, target, length) == 0 || errno == EINPROGRESS) return fd;
    int error = errno;
    close(fd);
    return -error;
}

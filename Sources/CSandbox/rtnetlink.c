#define _GNU_SOURCE
#include "rtnetlink.h"
#include "include/CSandbox.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/// A message under construction; all of ours are short.
struct message {
    struct nlmsghdr header;
    char body[1000];
};

static void begin(struct message *m, uint16_t type, uint16_t flags, const void *fixed, size_t length) {
    memset(m, 0, sizeof *m);
    m->header = (struct nlmsghdr){.nlmsg_len = NLMSG_LENGTH(length), .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags};
    memcpy(m->body, fixed, length);
}

static struct rtattr *add(struct message *m, uint16_t type, const void *data, size_t length) {
    struct rtattr *a = (struct rtattr *)((char *)m + NLMSG_ALIGN(m->header.nlmsg_len));
    a->rta_type = type;
    a->rta_len = (uint16_t)RTA_LENGTH(length);
    if (length) memcpy(RTA_DATA(a), data, length);
    m->header.nlmsg_len = NLMSG_ALIGN(m->header.nlmsg_len) + RTA_ALIGN(a->rta_len);
    return a;
}

static void end(struct message *m, struct rtattr *group) {
    group->rta_len = (uint16_t)((char *)m + m->header.nlmsg_len - (char *)group);
}

static int ask(int rt, struct message *m) {
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char rest[1200];
    } answer;
    if (send(rt, m, m->header.nlmsg_len, 0) < 0) return -1;
    ssize_t n;
    do n = recv(rt, &answer, sizeof answer, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0) return -1;
    if ((size_t)n < NLMSG_LENGTH(sizeof answer.error) || answer.header.nlmsg_type != NLMSG_ERROR) {
        errno = EPROTO;
        return -1;
    }
    errno = -answer.error.error;
    return answer.error.error ? -1 : 0;
}

int rt_open(void) { return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE); }

int rt_index(const char *name) { return (int)if_nametoindex(name); }

int rt_up(int rt, int index) {
    struct message m;
    struct ifinfomsg link = {.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
    begin(&m, RTM_NEWLINK, 0, &link, sizeof link);
    return ask(rt, &m);
}

bool ip_read(struct ip *ip, const char *text) {
    ip->family = strchr(text, ':') ? AF_INET6 : AF_INET;
    return inet_pton(ip->family, text, ip->bytes) == 1;
}

static size_t size(const struct ip *ip) { return ip->family == AF_INET6 ? 16 : 4; }

int rt_address(int rt, int index, const struct ip *address) {
    struct message m;
    struct ifaddrmsg fixed = {.ifa_family = address->family, .ifa_prefixlen = (unsigned char)(size(address) * 8), .ifa_index = (unsigned)index};
    uint32_t flags = IFA_F_NODAD | IFA_F_NOPREFIXROUTE; // both are IPv6's
    begin(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &fixed, sizeof fixed);
    add(&m, IFA_LOCAL, address->bytes, size(address));
    add(&m, IFA_ADDRESS, address->bytes, size(address));
    if (address->family == AF_INET6) add(&m, IFA_FLAGS, &flags, sizeof flags);
    return ask(rt, &m);
}

int rt_route(int rt, const struct ip *destination, int bits, int index, const struct ip *gateway, const struct ip *source) {
    struct message m;
    struct rtmsg route = {.rtm_family = destination->family, .rtm_dst_len = (unsigned char)bits, .rtm_table = RT_TABLE_MAIN,
        .rtm_protocol = RTPROT_STATIC, .rtm_scope = gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK, .rtm_type = RTN_UNICAST,
        .rtm_flags = gateway ? RTNH_F_ONLINK : 0};
    begin(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &route, sizeof route);
    if (bits) add(&m, RTA_DST, destination->bytes, size(destination));
    if (gateway) add(&m, RTA_GATEWAY, gateway->bytes, size(gateway));
    if (source) add(&m, RTA_PREFSRC, source->bytes, size(source));
    add(&m, RTA_OIF, &index, sizeof index);
    return ask(rt, &m);
}

int rt_pair(int rt, const char *name, const char *peer, pid_t process, const unsigned char hardware[6]) {
    struct message m;
    // The peer cannot be up before both are joined.
    struct ifinfomsg up = {.ifi_flags = IFF_UP | IFF_NOARP, .ifi_change = IFF_UP | IFF_NOARP};
    struct ifinfomsg down = {.ifi_flags = IFF_NOARP, .ifi_change = IFF_NOARP};
    begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &up, sizeof up);
    add(&m, IFLA_IFNAME, name, strlen(name) + 1);
    add(&m, IFLA_ADDRESS, hardware, 6);
    struct rtattr *info = add(&m, IFLA_LINKINFO, NULL, 0);
    add(&m, IFLA_INFO_KIND, "veth", 5);
    struct rtattr *data = add(&m, IFLA_INFO_DATA, NULL, 0);
    struct rtattr *other = add(&m, VETH_INFO_PEER, &down, sizeof down);
    add(&m, IFLA_IFNAME, peer, strlen(peer) + 1);
    add(&m, IFLA_ADDRESS, hardware, 6);
    add(&m, IFLA_NET_NS_PID, &process, sizeof process);
    end(&m, other);
    end(&m, data);
    end(&m, info);
    return ask(rt, &m);
}

int rt_remove(int rt, const char *name) {
    struct message m;
    struct ifinfomsg link = {0};
    begin(&m, RTM_DELLINK, 0, &link, sizeof link);
    add(&m, IFLA_IFNAME, name, strlen(name) + 1);
    return ask(rt, &m);
}

int rt_parameter(const char *path, const char *value) {
    char whole[256];
    if (snprintf(whole, sizeof whole, "/proc/sys/%s", path) >= (int)sizeof whole) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = open(whole, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    int result = write(fd, value, strlen(value)) < 0 ? -1 : 0;
    int saved = errno;
    close(fd);
    errno = saved;
    return result;
}

int rt_ping(unsigned groups) {
    char range[40];
    snprintf(range, sizeof range, "0 %u", groups - 1 > 2147483647 ? 2147483647 : groups - 1);
    return rt_parameter("net/ipv4/ping_group_range", range);
}

bool pod_link_read(struct pod_link *link, const char *text) {
    char words[4][INET6_ADDRSTRLEN];
    int found = sscanf(text, "%15[a-z0-9],%45[0-9.],%45[0-9.],%45[0-9a-f:],%45[0-9a-f:]", link->name, words[0], words[1], words[2], words[3]);
    if (found != 3 && found != 5) return false;
    link->count = found / 2;
    for (int i = 0; i < link->count; i++)
        if (!ip_read(&link->addresses[i], words[2 * i]) || !ip_read(&link->gateways[i], words[2 * i + 1])) return false;
    return true;
}

int pod_link_make(const struct pod_link *link, pid_t pod) {
    int rt = rt_open();
    if (rt < 0) return -1;
    unsigned char hardware[6] = {0x0a, 0x58}; // one that nobody sold, and then the address, as the plugins of CNI have it
    memcpy(hardware + 2, link->addresses[0].bytes, 4);
    int result = rt_pair(rt, link->name, "eth0", pod, hardware);
    // The pair of a pod that had the address before goes with its namespace, which the kernel takes down some time after its end.
    if (result < 0 && errno == EEXIST && rt_remove(rt, link->name) == 0) result = rt_pair(rt, link->name, "eth0", pod, hardware);
    int index = result == 0 ? rt_index(link->name) : 0;
    for (int i = 0; i < link->count && result == 0; i++)
        result = rt_route(rt, &link->addresses[i], (int)size(&link->addresses[i]) * 8, index, NULL, &link->gateways[i]);
    int saved = errno;
    close(rt);
    errno = saved;
    return result;
}

int pod_link_finish(const struct pod_link *link, unsigned groups) {
    int rt = rt_open();
    if (rt < 0) return -1;
    // A kernel without IPv6 has neither parameter, and needs none.
    if (link->count > 1) (void)rt_parameter("net/ipv6/conf/eth0/addr_gen_mode", RT_NO_LINK_LOCAL);
    else (void)rt_parameter("net/ipv6/conf/eth0/disable_ipv6", "1");
    int eth = rt_index("eth0"), result = eth ? 0 : -1;
    if (result == 0) result = rt_up(rt, rt_index("lo"));
    for (int i = 0; i < link->count && result == 0; i++) result = rt_address(rt, eth, &link->addresses[i]);
    if (result == 0) result = rt_up(rt, eth);
    for (int i = 0; i < link->count && result == 0; i++) result = rt_route(rt, &link->gateways[i], 0, eth, &link->gateways[i], NULL);
    // What containerd gives: everyone may bind every port of the pod's own address, and ping.
    if (result == 0) result = rt_parameter("net/ipv4/ip_unprivileged_port_start", "0");
    if (result == 0) result = rt_ping(groups);
    if (result == 0) result = rt_parameter("net/ipv4/tcp_timestamps", RT_ONE_CLOCK);
    int saved = errno;
    close(rt);
    errno = saved;
    return result;
}

enum { LOOPBACK = 1 }; // in every namespace

int swkube_add_address(int netlink, const char *address) {
    struct ip number;
    if (!ip_read(&number, address)) return EINVAL;
    return rt_address(netlink, LOOPBACK, &number) < 0 ? errno : 0;
}

int swkube_add_range(int netlink, const char *address, int bits, const char *source) {
    struct ip range, own;
    struct ifreq way = {.ifr_name = WAY_TO_SERVICES};
    if (!ip_read(&range, address) || !ip_read(&own, source)) return EINVAL;
    if (range.family == AF_INET) way.ifr_ifindex = LOOPBACK;
    else if (ioctl(netlink, SIOCGIFINDEX, &way) < 0) return errno;
    return rt_route(netlink, &range, bits, way.ifr_ifindex, NULL, &own) < 0 ? errno : 0;
}

int swkube_has_interface(int fd, const char *name) {
    struct ifreq r = {0};
    strncpy(r.ifr_name, name, sizeof r.ifr_name - 1);
    return ioctl(fd, SIOCGIFINDEX, &r) == 0;
}

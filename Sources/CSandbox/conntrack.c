// Connections that the kernel translates, as far as they must be forgotten. Source: linux/netfilter/nfnetlink_conntrack.h.

#define _GNU_SOURCE
#include "include/CSandbox.h"
#include "rtnetlink.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

/// The attribute of a type among others, or NULL. Lengths are checked.
static const struct nlattr *find(const void *data, size_t length, int type) {
    for (const char *at = data; length >= sizeof(struct nlattr);) {
        struct nlattr a;
        memcpy(&a, at, sizeof a);
        if (a.nla_len < sizeof a || a.nla_len > length) return NULL;
        if ((a.nla_type & NLA_TYPE_MASK) == type) return (const struct nlattr *)at;
        size_t step = NLA_ALIGN(a.nla_len);
        if (step >= length) return NULL;
        at += step;
        length -= step;
    }
    return NULL;
}

static const void *content(const struct nlattr *a) { return (const char *)a + NLA_HDRLEN; }
static size_t size(const struct nlattr *a) { return a->nla_len - NLA_HDRLEN; }
static const struct nlattr *within(const struct nlattr *a, int type) { return a ? find(content(a), size(a), type) : NULL; }

struct request {
    struct nlmsghdr header;
    struct nfgenmsg family;
    char body[512];
};

static void begin(struct request *r, const struct ip *about, int message, int flags) {
    memset(r, 0, sizeof *r);
    r->header.nlmsg_len = NLMSG_LENGTH(sizeof r->family);
    r->header.nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | message);
    r->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
    r->family = (struct nfgenmsg){.nfgen_family = about->family, .version = NFNETLINK_V0};
}

/// Whether the answers of a connection come from this place.
static bool comes_from(const struct nlattr *reply, uint8_t protocol, const struct ip *address, uint16_t port) {
    bool is_six = address->family == AF_INET6;
    const struct nlattr *source = within(within(reply, CTA_TUPLE_IP), is_six ? CTA_IP_V6_SRC : CTA_IP_V4_SRC), *transport = within(reply, CTA_TUPLE_PROTO);
    const struct nlattr *number = within(transport, CTA_PROTO_NUM), *from = within(transport, CTA_PROTO_SRC_PORT);
    return source && number && from && size(source) == (is_six ? 16 : 4) && memcmp(content(source), address->bytes, size(source)) == 0
        && *(const uint8_t *)content(number) == protocol && memcmp(content(from), &port, 2) == 0;
}

int swkube_forget_connections(int netlink, int protocol, const char *address, int port) {
    static const size_t most = 256;
    struct request r, found[256];
    size_t count = 0;
    struct ip wanted;
    uint16_t number = htons((uint16_t)port);
    char buffer[16384];
    if (!ip_read(&wanted, address)) return EINVAL;
    begin(&r, &wanted, IPCTNL_MSG_CT_GET, NLM_F_DUMP);
    if (send(netlink, &r, r.header.nlmsg_len, 0) < 0) return errno;
    for (bool done = false; !done;) {
        ssize_t n = recv(netlink, buffer, sizeof buffer, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return n < 0 ? errno : EPROTO;
        size_t left = (size_t)n;
        for (struct nlmsghdr *h = (struct nlmsghdr *)buffer; left >= sizeof *h && h->nlmsg_len >= sizeof *h && h->nlmsg_len <= left;) {
            if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR) done = true;
            else if (h->nlmsg_len > NLMSG_LENGTH(sizeof(struct nfgenmsg))) {
                const char *body = (const char *)NLMSG_DATA(h) + NLMSG_ALIGN(sizeof(struct nfgenmsg));
                size_t length = h->nlmsg_len - NLMSG_LENGTH(sizeof(struct nfgenmsg));
                const struct nlattr *original = find(body, length, CTA_TUPLE_ORIG);
                if (original && count < most && original->nla_len <= sizeof found[count].body
                    && comes_from(find(body, length, CTA_TUPLE_REPLY), (uint8_t)protocol, &wanted, number)) {
                    begin(&found[count], &wanted, IPCTNL_MSG_CT_DELETE, NLM_F_ACK);
                    memcpy(found[count].body, original, original->nla_len);
                    found[count++].header.nlmsg_len += NLA_ALIGN(original->nla_len);
                }
            }
            size_t step = NLMSG_ALIGN(h->nlmsg_len);
            if (step >= left) break;
            left -= step;
            h = (struct nlmsghdr *)((char *)h + step);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (send(netlink, &found[i], found[i].header.nlmsg_len, 0) < 0) return errno;
        (void)recv(netlink, buffer, sizeof buffer, 0); // one that ended by itself meanwhile is forgotten too
    }
    // More than fit at once: the rest comes with the next call.
    return count == most ? EAGAIN : 0;
}

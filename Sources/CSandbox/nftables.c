// Changes of a table of the packet filter, told to the kernel without the program `nft`: that reads all there is before each change,
// which takes longer the more there is. Source: linux/netfilter/nf_tables.h and nfnetlink.h; the expressions are those of `nft --debug=netlink`.

#define _GNU_SOURCE
#include "include/CSandbox.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct swkube_filter {
    char *bytes;
    size_t length, room, message; // where the last message begins
    uint32_t sequence;
    const char *table;
    int family, failed;
};

static void *extend(struct swkube_filter *f, size_t count) {
    size_t wanted = f->length + NLMSG_ALIGN(count);
    if (wanted > f->room) {
        size_t room = wanted * 2 + 4096;
        char *bytes = realloc(f->bytes, room);
        if (!bytes) {
            f->failed = ENOMEM;
            return NULL;
        }
        f->bytes = bytes;
        f->room = room;
    }
    void *place = f->bytes + f->length;
    memset(place, 0, NLMSG_ALIGN(count));
    f->length = wanted;
    return place;
}

static void begin(struct swkube_filter *f, int type, int flags, int family) {
    f->message = f->length;
    struct nlmsghdr *header = extend(f, NLMSG_HDRLEN + sizeof(struct nfgenmsg));
    if (!header) return;
    header->nlmsg_type = (uint16_t)type;
    header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
    header->nlmsg_seq = ++f->sequence;
    struct nfgenmsg *about = NLMSG_DATA(header);
    about->nfgen_family = (uint8_t)family;
    if (type == NFNL_MSG_BATCH_BEGIN || type == NFNL_MSG_BATCH_END) about->res_id = htons(NFNL_SUBSYS_NFTABLES);
}

static void end(struct swkube_filter *f) {
    if (!f->failed) ((struct nlmsghdr *)(f->bytes + f->message))->nlmsg_len = (uint32_t)(f->length - f->message);
}

static void table_message(struct swkube_filter *f, int type, int flags) { begin(f, NFNL_SUBSYS_NFTABLES << 8 | type, flags, f->family); }

static void attribute(struct swkube_filter *f, int type, const void *content, size_t length) {
    struct nlattr *a = extend(f, NLA_HDRLEN + length);
    if (!a) return;
    a->nla_len = (uint16_t)(NLA_HDRLEN + length);
    a->nla_type = (uint16_t)type;
    if (length) memcpy((char *)a + NLA_HDRLEN, content, length);
}

static void text(struct swkube_filter *f, int type, const char *s) { attribute(f, type, s, strlen(s) + 1); }
static void number(struct swkube_filter *f, int type, uint32_t n) {
    uint32_t big = htonl(n);
    attribute(f, type, &big, sizeof big);
}

static size_t open_group(struct swkube_filter *f, int type) {
    size_t at = f->length;
    attribute(f, type | NLA_F_NESTED, NULL, 0);
    return at;
}

static void close_group(struct swkube_filter *f, size_t at) {
    if (!f->failed) ((struct nlattr *)(f->bytes + at))->nla_len = (uint16_t)(f->length - at);
}

static void value(struct swkube_filter *f, int type, const void *bytes, size_t length) {
    size_t group = open_group(f, type);
    attribute(f, NFTA_DATA_VALUE, bytes, length);
    close_group(f, group);
}

static void go_to(struct swkube_filter *f, int type, const char *chain) {
    size_t group = open_group(f, type), verdict = open_group(f, NFTA_DATA_VERDICT);
    number(f, NFTA_VERDICT_CODE, (uint32_t)NFT_GOTO);
    text(f, NFTA_VERDICT_CHAIN, chain);
    close_group(f, verdict);
    close_group(f, group);
}

struct swkube_filter *swkube_filter_new(int family, const char *table) {
    struct swkube_filter *f = calloc(1, sizeof *f);
    if (!f) return NULL;
    f->family = family; // NFPROTO_IPV4 and NFPROTO_IPV6 are the numbers of AF_INET and AF_INET6
    f->table = strdup(table);
    if (!f->table) f->failed = ENOMEM;
    begin(f, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC);
    end(f);
    return f;
}

void swkube_filter_free(struct swkube_filter *f) {
    free((char *)f->table);
    free(f->bytes);
    free(f);
}

size_t swkube_filter_room(int netlink) {
    enum { WANTED = 16 << 20, REST = 64 << 10 };
    int wanted = WANTED, given = 0;
    socklen_t length = sizeof given;
    if (setsockopt(netlink, SOL_SOCKET, SO_SNDBUFFORCE, &wanted, sizeof wanted) < 0)
        setsockopt(netlink, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof wanted);
    if (getsockopt(netlink, SOL_SOCKET, SO_SNDBUF, &given, &length) < 0 || given < 2 * REST) return REST;
    return (size_t)given - REST;
}

size_t swkube_filter_size(const struct swkube_filter *f) { return f->length; }

void swkube_filter_element(
    struct swkube_filter *f, int adds, const char *set, const void *key, size_t key_length, const void *data, size_t data_length,
    const char *chain) {
    table_message(f, adds ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM, adds ? NLM_F_CREATE : 0);
    text(f, NFTA_SET_ELEM_LIST_TABLE, f->table);
    text(f, NFTA_SET_ELEM_LIST_SET, set);
    size_t list = open_group(f, NFTA_SET_ELEM_LIST_ELEMENTS), one = open_group(f, NFTA_LIST_ELEM);
    value(f, NFTA_SET_ELEM_KEY, key, key_length);
    if (adds && chain) go_to(f, NFTA_SET_ELEM_DATA, chain);
    else if (adds && data_length) value(f, NFTA_SET_ELEM_DATA, data, data_length);
    close_group(f, one);
    close_group(f, list);
    end(f);
}

void swkube_filter_chain(struct swkube_filter *f, enum swkube_filter_change change, const char *chain) {
    static const int types[] = {[FILTER_ADD] = NFT_MSG_NEWCHAIN, [FILTER_FLUSH] = NFT_MSG_DELRULE, [FILTER_DELETE] = NFT_MSG_DELCHAIN};
    table_message(f, types[change], change == FILTER_ADD ? NLM_F_CREATE : 0);
    text(f, change == FILTER_FLUSH ? NFTA_RULE_TABLE : NFTA_CHAIN_TABLE, f->table);
    text(f, change == FILTER_FLUSH ? NFTA_RULE_CHAIN : NFTA_CHAIN_NAME, chain);
    end(f);
}

static size_t begin_rule(struct swkube_filter *f, const char *chain) {
    table_message(f, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
    text(f, NFTA_RULE_TABLE, f->table);
    text(f, NFTA_RULE_CHAIN, chain);
    return open_group(f, NFTA_RULE_EXPRESSIONS);
}

struct expression {
    size_t whole, data;
};

static struct expression begin_expression(struct swkube_filter *f, const char *name) {
    struct expression e = {.whole = open_group(f, NFTA_LIST_ELEM)};
    text(f, NFTA_EXPR_NAME, name);
    e.data = open_group(f, NFTA_EXPR_DATA);
    return e;
}

static void end_expression(struct swkube_filter *f, struct expression e) {
    close_group(f, e.data);
    close_group(f, e.whole);
}

static void load(struct swkube_filter *f, uint32_t reg, const void *bytes, size_t length) {
    struct expression e = begin_expression(f, "immediate");
    number(f, NFTA_IMMEDIATE_DREG, reg);
    value(f, NFTA_IMMEDIATE_DATA, bytes, length);
    end_expression(f, e);
}

void swkube_filter_turn(struct swkube_filter *f, const char *chain, uint32_t count, uint32_t offset, const char *next) {
    size_t rule = begin_rule(f, chain);
    struct expression e = begin_expression(f, "numgen");
    number(f, NFTA_NG_DREG, NFT_REG_1);
    number(f, NFTA_NG_MODULUS, count);
    number(f, NFTA_NG_TYPE, NFT_NG_INCREMENTAL);
    number(f, NFTA_NG_OFFSET, offset);
    end_expression(f, e);
    e = begin_expression(f, "meta");
    number(f, NFTA_META_KEY, NFT_META_MARK);
    number(f, NFTA_META_SREG, NFT_REG_1);
    end_expression(f, e);
    e = begin_expression(f, "immediate");
    number(f, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
    go_to(f, NFTA_IMMEDIATE_DATA, next);
    end_expression(f, e);
    close_group(f, rule);
    end(f);
}

void swkube_filter_target(struct swkube_filter *f, const char *chain, int protocol, const void *address, const void *port) {
    size_t rule = begin_rule(f, chain);
    struct expression e = begin_expression(f, "meta");
    number(f, NFTA_META_KEY, NFT_META_L4PROTO);
    number(f, NFTA_META_DREG, NFT_REG_1);
    end_expression(f, e);
    e = begin_expression(f, "cmp");
    number(f, NFTA_CMP_SREG, NFT_REG_1);
    number(f, NFTA_CMP_OP, NFT_CMP_EQ);
    uint8_t wanted = (uint8_t)protocol;
    value(f, NFTA_CMP_DATA, &wanted, 1);
    end_expression(f, e);
    load(f, NFT_REG_1, address, f->family == AF_INET6 ? 16 : 4);
    load(f, NFT_REG_2, port, 2);
    e = begin_expression(f, "nat");
    number(f, NFTA_NAT_TYPE, NFT_NAT_DNAT);
    number(f, NFTA_NAT_FAMILY, (uint32_t)f->family);
    number(f, NFTA_NAT_REG_ADDR_MIN, NFT_REG_1);
    number(f, NFTA_NAT_REG_PROTO_MIN, NFT_REG_2);
    end_expression(f, e);
    close_group(f, rule);
    end(f);
}

int swkube_filter_commit(struct swkube_filter *f, int netlink) {
    if (f->failed) return f->failed;
    // The last change is told to be done; whichever was not is told in any case.
    struct nlmsghdr *last = (struct nlmsghdr *)(f->bytes + f->message);
    if (last->nlmsg_type == NFNL_MSG_BATCH_BEGIN) return 0;
    last->nlmsg_flags |= NLM_F_ACK;
    begin(f, NFNL_MSG_BATCH_END, 0, AF_UNSPEC);
    end(f);
    if (f->failed) return f->failed;
    if (send(netlink, f->bytes, f->length, 0) < 0) return errno;
    // The kernel has answered by now.
    char buffer[16384];
    int error = EPROTO, heard = 0;
    for (;;) {
        ssize_t n = recv(netlink, buffer, sizeof buffer, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return heard ? error : n < 0 && errno != EAGAIN ? errno : EPROTO;
        size_t left = (size_t)n;
        for (struct nlmsghdr *h = (struct nlmsghdr *)buffer; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
            if (h->nlmsg_type != NLMSG_ERROR || h->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr))) continue;
            int code = -((struct nlmsgerr *)NLMSG_DATA(h))->error;
            if (!heard || (error == 0 && code)) error = code;
            heard = 1;
        }
    }
}

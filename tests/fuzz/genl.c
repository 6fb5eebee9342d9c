// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes the generic netlink family, in the namespace it is started in.
 *
 *   genl SECONDS [SEED]
 *
 * An input is a program of a few steps: requests, well-formed or bent, from
 * two sockets (so that transactions have owners and intruders), devices that
 * come, go and are renamed, sockets that are closed in the middle. A program
 * that reaches an edge of the module not seen before (KCOV, of this thread) is
 * kept and changed further. Without KCOV it runs blindly, and says so.
 *
 * It judges nothing but that each command was accepted at least once: what is
 * wrong is found by the kernel (KASAN, lockdep, kmemleak) and by the test
 * around it.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "genl_grammar.h"

#define STEPS 8
#define CORPUS 2048
#define COVER (256 << 10)
#define EDGES (1 << 16)
#define SOCKETS 2

#define KCOV_INIT_TRACE _IOR('c', 1, unsigned long)
#define KCOV_ENABLE _IO('c', 100)
#define KCOV_TRACE_PC 0

enum verb { MESSAGE, LINK_ADD, LINK_DEL, LINK_RENAME, LINK_UP, REOPEN };

struct step {
    uint8_t verb;
    uint8_t socket;
    uint8_t cmd;
    uint8_t name;
    uint16_t flags;
    int16_t lie; /* added to the message's length */
    uint16_t len;
    uint8_t payload[PAYLOAD];
};

struct program {
    unsigned int count;
    struct step steps[STEPS];
};

static struct program corpus[CORPUS];
static unsigned int corpus_size;
static uint8_t seen[EDGES];
static unsigned int edges;
static uint64_t* cover;
static int sockets[SOCKETS];
static int listener;
static int route;
static uint16_t family;
static uint32_t group;
static uint32_t sequence;
static unsigned long messages;
static unsigned long accepted[CMDS];
static unsigned long refused[256];

static double now(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void die(const char* what) {
    perror(what);
    exit(1);
}

static uint8_t some_command(void) {
    unsigned int sum = 0, pick;
    int i;

    for (i = 0; i < CMDS; i++)
        sum += commands[i].weight;
    pick = below(sum);
    for (i = 0; pick >= commands[i].weight; i++)
        pick -= commands[i].weight;
    return (uint8_t)i;
}

static void make_message(struct step* step, uint8_t cmd) {
    const struct command* c = &commands[cmd];
    size_t i;

    memset(step, 0, offsetof(struct step, payload));
    step->verb = MESSAGE;
    step->cmd = cmd;
    step->socket = (uint8_t)once_in(12);
    step->flags = NLM_F_REQUEST | NLM_F_ACK;
    if (c->dump && once_in(2)) {
        step->flags |= NLM_F_DUMP;
        if (!once_in(4)) return;
    }
    if (c->keys && !once_in(30))
        step->len =
            (uint16_t)put_shape(step->payload, step->len, &c->key[below((uint32_t)c->keys)]);
    for (i = 0; i < c->rests; i++)
        if (!once_in(cmd == TUNQOS_CMD_SET_PORT ? 6 : 2))
            step->len = (uint16_t)put_shape(step->payload, step->len, &c->rest[i]);
}

static void make_step(struct step* step) {
    if (!once_in(40)) {
        make_message(step, some_command());
        return;
    }
    memset(step, 0, offsetof(struct step, payload));
    step->verb = (uint8_t)(LINK_ADD + below(REOPEN - LINK_ADD + 1));
    step->name = (uint8_t)below(TUNNELS + VLANS);
    step->socket = (uint8_t)below(SOCKETS);
    step->len = (uint16_t)below(TUNNELS + VLANS);
}

/* A transaction, as it ought to be. */
static void make_program(struct program* program) {
    unsigned int i;

    program->count = 3 + below(STEPS - 3);
    make_message(&program->steps[0], TUNQOS_CMD_BEGIN);
    program->steps[0].len = 0;
    program->steps[0].socket = 0;
    for (i = 1; i < program->count - 1; i++)
        make_step(&program->steps[i]);
    make_message(&program->steps[i], TUNQOS_CMD_COMMIT);
    program->steps[i].socket = 0;
}

/* Bend one attribute or the bytes; nothing here has to stay well-formed. */
static void bend(struct step* step) {
    static const uint16_t flags[] = {5, 1, 0x301, 0x305, 4, 0x605, 0x101, 0};
    uint8_t data[80];
    size_t i, len;

    switch (below(9)) {
    case 0: step->flags = flags[below(8)]; break;
    case 1: step->cmd = some_command(); break;
    case 2: step->socket = (uint8_t)below(SOCKETS); break;
    case 3: /* any attribute of any length */
        len = below(sizeof(data));
        for (i = 0; i < len; i++)
            data[i] = (uint8_t)(once_in(3) ? any() : below(64));
        step->len =
            (uint16_t)put(step->payload, step->len,
                          (uint16_t)(below(26) | (once_in(8) ? NLA_F_NESTED : 0)), data, len);
        break;
    case 4: /* a right one of any command */
        i = some_command();
        if (commands[i].rests)
            step->len = (uint16_t)put_shape(step->payload, step->len,
                                            &commands[i].rest[below((uint32_t)commands[i].rests)]);
        break;
    case 5:
        if (step->len) step->len = (uint16_t)below(step->len);
        break;
    case 6: step->lie = (int16_t)(below(40) - 20); break;
    default:
        if (step->len) step->payload[below(step->len)] ^= (uint8_t)(1 << below(8));
        break;
    }
}

static void mutate(struct program* program) {
    unsigned int times = 1 + below(4), at;

    while (times--) {
        at = below(program->count);
        switch (below(6)) {
        case 0: make_step(&program->steps[at]); break;
        case 1:
            if (program->count < STEPS) make_step(&program->steps[program->count++]);
            break;
        case 2:
            if (program->count > 1) program->steps[at] = program->steps[--program->count];
            break;
        case 3: program->steps[at] = program->steps[below(program->count)]; break;
        default: /* of the others, len is a name's number */
            if (program->steps[at].verb == MESSAGE) bend(&program->steps[at]);
            break;
        }
    }
}

/* Sockets */

static int open_netlink(int protocol) {
    struct timeval limit = {.tv_sec = 5};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

    if (fd < 0) die("netlink socket");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    return fd;
}

/* Everything that waits, and what it says of our last request. */
static void answers(int fd, int cmd, int flags) {
    static uint8_t raw[1 << 16];
    struct nlmsghdr* head;
    ssize_t len;
    int error;

    while ((len = recv(fd, raw, sizeof(raw), flags)) > 0 || errno == ENOBUFS) {
        if (len <= 0) continue;
        for (head = (void*)raw; NLMSG_OK(head, len); head = NLMSG_NEXT(head, len)) {
            if (head->nlmsg_type != NLMSG_ERROR && head->nlmsg_type != NLMSG_DONE) continue;
            if (head->nlmsg_seq != sequence || cmd < 0) continue;
            error = *(int*)NLMSG_DATA(head);
            if (error)
                refused[-error & 0xff]++;
            else
                accepted[cmd]++;
        }
    }
}

static void send_message(const struct step* step) {
    static uint8_t raw[PAYLOAD + 64];
    struct nlmsghdr* head = (void*)raw;
    struct genlmsghdr* genl = NLMSG_DATA(head);
    size_t len = NLMSG_LENGTH(GENL_HDRLEN) + step->len;

    memset(raw, 0, NLMSG_LENGTH(GENL_HDRLEN));
    memcpy(raw + NLMSG_LENGTH(GENL_HDRLEN), step->payload, step->len);
    head->nlmsg_type = family;
    head->nlmsg_flags = step->flags;
    head->nlmsg_seq = ++sequence;
    head->nlmsg_len = (uint32_t)(len + (size_t)step->lie);
    genl->cmd = step->cmd;
    genl->version = TUNQOS_GENL_VERSION;
    messages++;
    if (send(sockets[step->socket], raw, len, 0) < 0) refused[errno & 0xff]++;
    answers(sockets[step->socket], step->cmd, MSG_DONTWAIT);
}

static void control(const char* name) {
    struct {
        struct nlmsghdr head;
        struct genlmsghdr genl;
        uint8_t rest[4096];
    } m = {0};
    struct nlattr *a, *b, *c;
    int fd = open_netlink(NETLINK_GENERIC);
    size_t used = put(m.rest, 0, CTRL_ATTR_FAMILY_NAME, name, strlen(name) + 1);
    ssize_t len;

    m.head.nlmsg_len = (uint32_t)(NLMSG_LENGTH(GENL_HDRLEN) + used);
    m.head.nlmsg_type = GENL_ID_CTRL;
    m.head.nlmsg_flags = NLM_F_REQUEST;
    m.genl.cmd = CTRL_CMD_GETFAMILY;
    m.genl.version = 1;
    if (send(fd, &m, m.head.nlmsg_len, 0) < 0) die("control");
    len = recv(fd, &m, sizeof(m), 0);
    close(fd);
    if (len < 0 || m.head.nlmsg_type == NLMSG_ERROR) return;

#define FOR_EACH(x, from, size)                                          \
    for ((x) = (void*)(from); (uint8_t*)(x) < (uint8_t*)(from) + (size); \
         (x) = (void*)((uint8_t*)(x) + NLA_ALIGN((x)->nla_len)))
    FOR_EACH(a, m.rest, len - (ssize_t)NLMSG_LENGTH(GENL_HDRLEN)) {
        if (a->nla_type == CTRL_ATTR_FAMILY_ID) memcpy(&family, a + 1, sizeof(family));
        if ((a->nla_type & NLA_TYPE_MASK) != CTRL_ATTR_MCAST_GROUPS) continue;
        FOR_EACH(b, a + 1, a->nla_len - NLA_HDRLEN)
        FOR_EACH(c, b + 1, b->nla_len - NLA_HDRLEN)
        if (c->nla_type == CTRL_ATTR_MCAST_GRP_ID) memcpy(&group, c + 1, sizeof(group));
    }
}

static void listen_again(void) {
    int size = 4096; /* it shall overflow now and then */

    if (listener) close(listener);
    listener = open_netlink(NETLINK_GENERIC);
    setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    setsockopt(listener, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
}

/* Devices */

static size_t put_nest(uint8_t* at, size_t used, uint16_t type, const uint8_t* inside, size_t len) {
    return put(at, used, type | NLA_F_NESTED, inside, len);
}

static void link_message(uint16_t type, uint16_t flags, const char* which, const uint8_t* rest,
                         size_t len) {
    struct {
        struct nlmsghdr head;
        struct ifinfomsg info;
        uint8_t rest[PAYLOAD];
    } m = {0};
    uint8_t answer[4096];

    m.head.nlmsg_len = (uint32_t)(NLMSG_LENGTH(sizeof(m.info)) + len);
    m.head.nlmsg_type = type;
    m.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
    if (which) {
        m.info.ifi_index = (int)if_nametoindex(which);
        if (!m.info.ifi_index) return;
    }
    if (type == RTM_NEWLINK && !len) {
        m.info.ifi_change = IFF_UP;
        m.info.ifi_flags = once_in(3) ? 0 : IFF_UP;
    }
    memcpy(m.rest, rest, len);
    if (send(route, &m, m.head.nlmsg_len, 0) > 0) recv(route, answer, sizeof(answer), 0);
}

static void link_add(unsigned int which) {
    const char *name = names[which], *kind = which < TUNNELS ? "gre" : "vlan";
    uint8_t data[128], info[256], all[PAYLOAD];
    uint32_t base = if_nametoindex(BASE), address;
    size_t used = 0, in = 0, out = 0;
    uint16_t vid = (uint16_t)(which + 1);
    uint8_t on = 1;

    out = put(all, out, IFLA_IFNAME, name, strlen(name) + 1);
    if (which < TUNNELS) {
        memcpy(&address, "\300\0\2\1", 4);
        used = put(data, used, IFLA_GRE_LOCAL, &address, 4);
        address += (uint32_t)(which + 1) << 24;
        used = put(data, used, IFLA_GRE_REMOTE, &address, 4);
        used = put(data, used, IFLA_GRE_PMTUDISC, &on, 1);
    } else {
        out = put(all, out, IFLA_LINK, &base, sizeof(base));
        used = put(data, used, IFLA_VLAN_ID, &vid, sizeof(vid));
    }
    in = put(info, in, IFLA_INFO_KIND, kind, strlen(kind) + 1);
    in = put_nest(info, in, IFLA_INFO_DATA, data, used);
    out = put_nest(all, out, IFLA_LINKINFO, info, in);
    link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, NULL, all, out);
}

static void take(const struct step* step) {
    uint8_t all[64];
    const char* name;

    switch (step->verb) {
    case MESSAGE: send_message(step); break;
    case LINK_ADD: link_add(step->name); break;
    case LINK_DEL: link_message(RTM_DELLINK, 0, names[step->name], all, 0); break;
    case LINK_RENAME:
        name = names[step->len];
        link_message(RTM_NEWLINK, 0, names[step->name], all,
                     put(all, 0, IFLA_IFNAME, name, strlen(name) + 1));
        break;
    case LINK_UP: link_message(RTM_NEWLINK, 0, names[step->name], all, 0); break;
    case REOPEN: /* and its transaction goes with it */
        close(sockets[step->socket]);
        sockets[step->socket] = open_netlink(NETLINK_GENERIC);
        break;
    }
}

/* Coverage */

static void cover_open(void) {
    int fd = open("/sys/kernel/debug/kcov", O_RDWR);

    if (fd < 0 || ioctl(fd, KCOV_INIT_TRACE, COVER)) {
        puts("there is no KCOV here: not guided");
        return;
    }
    cover = mmap(NULL, COVER * sizeof(*cover), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (cover == MAP_FAILED || ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC)) die("kcov");
}

/* Were there edges not seen before? */
static bool cover_new(void) {
    uint32_t previous = 0, hash, edge;
    bool fresh = false;
    uint64_t i, n;

    if (!cover) return corpus_size < 64;
    n = __atomic_load_n(&cover[0], __ATOMIC_RELAXED);
    for (i = 1; i <= n && i < COVER; i++) {
        hash = (uint32_t)(cover[i] * 2654435761u);
        edge = (hash ^ previous >> 1) % EDGES;
        previous = hash;
        if (!seen[edge]) {
            seen[edge] = 1;
            edges++;
            fresh = true;
        }
    }
    return fresh;
}

static void run(struct program* program) {
    unsigned int i;

    if (cover) __atomic_store_n(&cover[0], 0, __ATOMIC_RELAXED);
    for (i = 0; i < program->count; i++)
        take(&program->steps[i]);
    if (cover_new() && corpus_size < CORPUS) corpus[corpus_size++] = *program;
}

/* Nothing staged, and now and then nothing configured. */
static void tidy(void) {
    static const uint8_t cmds[] = {TUNQOS_CMD_BEGIN, TUNQOS_CMD_FLUSH, TUNQOS_CMD_COMMIT};
    struct step step = {.verb = MESSAGE, .flags = NLM_F_REQUEST | NLM_F_ACK};
    size_t i;

    for (i = 0; i < SOCKETS; i++) {
        step.socket = (uint8_t)i;
        step.cmd = TUNQOS_CMD_ABORT;
        send_message(&step);
    }
    step.socket = 0;
    for (i = 0; once_in(50) || i; i++) {
        step.cmd = cmds[i];
        send_message(&step);
        if (i == 2) break;
    }
}

static int report(double seconds) {
    int i, missing = 0;

    printf("%lu messages, %.0f/s, %u edges, corpus %u\n", messages, (double)messages / seconds,
           edges, corpus_size);
    printf("accepted:");
    for (i = 0; i < CMDS; i++)
        if (commands[i].name) printf(" %s %lu", commands[i].name, accepted[i]);
    printf("\nrefused:");
    for (i = 0; i < 256; i++)
        if (refused[i]) printf(" %s %lu", strerrorname_np(i), refused[i]);
    putchar('\n');
    for (i = 0; i < CMDS; i++) {
        if (commands[i].request && !accepted[i]) {
            printf("never accepted: %s\n", commands[i].name);
            missing = 1;
        }
    }
    return missing;
}

int main(int argc, char** argv) {
    struct program program;
    unsigned long runs = 0;
    double start, seconds;
    size_t i;

    if (argc < 2) {
        fprintf(stderr, "usage: %s SECONDS [SEED]\n", argv[0]);
        return 2;
    }
    seconds = atof(argv[1]);
    if (argc > 2) state ^= strtoull(argv[2], NULL, 0) * 0x9e3779b97f4a7c15ull;
    control(TUNQOS_GENL_NAME);
    if (!family || !group) {
        puts("there is no such family: is the module loaded?");
        return 1;
    }
    route = open_netlink(NETLINK_ROUTE);
    for (i = 0; i < SOCKETS; i++)
        sockets[i] = open_netlink(NETLINK_GENERIC);
    listen_again();
    cover_open();

    start = now();
    while (now() - start < seconds) {
        if (!corpus_size || once_in(8)) {
            make_program(&program);
        } else {
            program = corpus[below(corpus_size)];
            mutate(&program);
        }
        run(&program);
        if (!(++runs % 4)) tidy();
        if (!(runs % 64)) answers(listener, -1, MSG_DONTWAIT);
        if (!(runs % 512)) listen_again();
    }
    return report(now() - start);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What requests to tunqos look like when they are right. */
#ifndef TUNQOS_FUZZ_GENL_GRAMMAR_H
#define TUNQOS_FUZZ_GENL_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <linux/netlink.h>

#include "../../include/uapi/linux/tunqos.h"

#define PAYLOAD 768
#define CMDS (TUNQOS_CMD_MAX + 2) /* and one that there is not */

enum form {
    NAME,
    TEXT,
    BYTE,
    WORD,
    LONG,
    ADDRESS4,
    ADDRESS6,
    DSCPS,
    PCPS,
    PRIORITIES,
    BITS,
    ROW,
    BY_TAG,
};

/* How an attribute of a request looks when it is right. */
struct shape {
    uint16_t type;
    uint8_t form;
    uint32_t max;
};

static const struct shape tunnel_key[] = {
    {TUNQOS_A_TUNNEL_DEVICE, NAME, 0},
    {TUNQOS_A_TUNNEL_DEVICE, NAME, 0},
    {TUNQOS_A_TUNNEL_PEER4, ADDRESS4, 0},
    {TUNQOS_A_TUNNEL_PEER6, ADDRESS6, 0},
    {TUNQOS_A_TUNNEL_LOCAL6, ADDRESS6, 0},
    {TUNQOS_A_TUNNEL_REQID, WORD, 7},
    {TUNQOS_A_TUNNEL_IF_ID, WORD, 7},
    {TUNQOS_A_TUNNEL_MARK, WORD, 7},
    {TUNQOS_A_TUNNEL_SPI, WORD, 7},
};

static const struct shape tunnel_settings[] = {
    {TUNQOS_A_TUNNEL_LABEL, TEXT, TUNQOS_LABEL_MAX},
    {TUNQOS_A_TUNNEL_ENCAP_DSCP, BYTE, TUNQOS_ENCAP_DSCP_NATIVE},
    {TUNQOS_A_TUNNEL_ENCAP_VALUE, BYTE, 63},
    {TUNQOS_A_TUNNEL_ENCAP_TABLE, DSCPS, 63},
    {TUNQOS_A_TUNNEL_DECAP_DSCP, BYTE, TUNQOS_DECAP_DSCP_TABLE},
    {TUNQOS_A_TUNNEL_DECAP_TABLE, DSCPS, 63},
    {TUNQOS_A_TUNNEL_DECAP_PERMIT, LONG, 0},
    {TUNQOS_A_TUNNEL_DECAP_CLASS, BYTE, TUNQOS_DECAP_CLASS_OUTER},
    {TUNQOS_A_TUNNEL_PRE_CLASSIFY, BYTE, 1},
    {TUNQOS_A_TUNNEL_PRIORITY_TABLE, PRIORITIES, 0},
    {TUNQOS_A_TUNNEL_ENCAP_INNER, BYTE, TUNQOS_ENCAP_INNER_TABLE},
    {TUNQOS_A_TUNNEL_ENCAP_INNER_VALUE, BYTE, 63},
    {TUNQOS_A_TUNNEL_ENCAP_INNER_TABLE, DSCPS, 63},
    {TUNQOS_A_TUNNEL_ENCAP_ECN, BYTE, TUNQOS_ENCAP_ECN_COMPATIBILITY},
    {TUNQOS_A_TUNNEL_DECAP_ECN, BYTE, TUNQOS_DECAP_ECN_RFC6040},
    {TUNQOS_A_TUNNEL_CONTROL_DSCP, BYTE, 63},
    {TUNQOS_A_TUNNEL_CLASS_VIA, BYTE, TUNQOS_CLASS_VIA_MARK},
    {TUNQOS_A_TUNNEL_CLASS_MASK, WORD, 0x3f},
};

static const struct shape port_key[] = {{TUNQOS_A_PORT_DEVICE, NAME, 0}};
static const struct shape port_table[] = {
    {TUNQOS_A_PORT_DSCP_PCP, PCPS, 7},
    {TUNQOS_A_PORT_DSCP_MARK, DSCPS, 63},
    {TUNQOS_A_PORT_MARK_MASK, BITS, 0},
    {TUNQOS_A_PORT_ARRIVAL_DSCP, BY_TAG, 63},
    {TUNQOS_A_PORT_ARRIVAL_OVERRIDE, BYTE, 1},
    {TUNQOS_A_PORT_ARRIVAL_TABLE, DSCPS, 63},
    {TUNQOS_A_PORT_DSCP_DEI, LONG, 0},
    {TUNQOS_A_PORT_PRIORITY_TAG, BYTE, 1},
    {TUNQOS_A_PORT_RULES, BYTE, 1},
};

/* The masks are the same most of the time: others are refused. */
static const struct shape rule_key[] = {{TUNQOS_A_RULE_NUMBER, BYTE, 15}};
static const struct shape rule_settings[] = {
    {TUNQOS_A_RULE_MARK_MASK, ROW, 0xff0000},
    {TUNQOS_A_RULE_COS_MASK, ROW, 0xf000000},
    {TUNQOS_A_RULE_ARRIVAL_DSCP, BY_TAG, 63},
    {TUNQOS_A_RULE_ARRIVAL_OVERRIDE, BYTE, 1},
    {TUNQOS_A_RULE_ARRIVAL_TAG, BY_TAG, 15},
    {TUNQOS_A_RULE_DSCP_TAG, DSCPS, 15},
    {TUNQOS_A_RULE_INSERT_TAG, BYTE, 1},
};

static const struct shape reason_key[] = {
    {TUNQOS_A_REASON_REASON, WORD, TUNQOS_REASON_MAX},
};

static const struct shape generation[] = {
    {TUNQOS_A_INFO_GENERATION, WORD, 64},
};

#define SHAPES(array) array, sizeof(array) / sizeof((array)[0])

/* A command: one attribute of 'key' always, each of 'rest' now and then. */
struct command {
    const char* name;
    const struct shape* key;
    size_t keys;
    const struct shape* rest;
    size_t rests;
    unsigned int weight;
    bool request; /* not an event */
    bool dump;
};

static const struct command commands[CMDS] = {
    [TUNQOS_CMD_GET_INFO] = {"get-info", .weight = 1, .request = true},
    [TUNQOS_CMD_BEGIN] = {"begin", NULL, 0, SHAPES(generation), 8, true, false},
    [TUNQOS_CMD_COMMIT] = {"commit", .weight = 8, .request = true},
    [TUNQOS_CMD_ABORT] = {"abort", .weight = 1, .request = true},
    [TUNQOS_CMD_FLUSH] = {"flush", .weight = 1, .request = true},
    [TUNQOS_CMD_SET_TUNNEL] = {"set-tunnel", SHAPES(tunnel_key), SHAPES(tunnel_settings), 12, true,
                               false},
    [TUNQOS_CMD_DEL_TUNNEL] = {"del-tunnel", SHAPES(tunnel_key), NULL, 0, 3, true, false},
    [TUNQOS_CMD_GET_TUNNEL] = {"get-tunnel", SHAPES(tunnel_key), NULL, 0, 3, true, true},
    [TUNQOS_CMD_SET_PORT] = {"set-port", SHAPES(port_key), SHAPES(port_table), 6, true, false},
    [TUNQOS_CMD_DEL_PORT] = {"del-port", SHAPES(port_key), NULL, 0, 3, true, false},
    [TUNQOS_CMD_GET_PORT] = {"get-port", SHAPES(port_key), NULL, 0, 2, true, true},
    [TUNQOS_CMD_SET_RULE] = {"set-rule", SHAPES(rule_key), SHAPES(rule_settings), 4, true, false},
    [TUNQOS_CMD_DEL_RULE] = {"del-rule", SHAPES(rule_key), NULL, 0, 2, true, false},
    [TUNQOS_CMD_GET_RULE] = {"get-rule", SHAPES(rule_key), NULL, 0, 2, true, true},
    [TUNQOS_CMD_GET_REASON] = {"get-reason", SHAPES(reason_key), NULL, 0, 2, true, true},
    [TUNQOS_CMD_TUNNEL_NTF] = {"tunnel-ntf", .weight = 1},
    [TUNQOS_CMD_PORT_NTF] = {"port-ntf", .weight = 1},
    [TUNQOS_CMD_CONFIG_NTF] = {"config-ntf", .weight = 1},
    [TUNQOS_CMD_MAX + 1] = {"no command", .weight = 1},
};

/* The devices: of all kinds, some of which are never there. */
static const char* const names[] = {"t0", "t1", "t2", "v0", "v1", "base", "lo", "never"};
#define NAMES (sizeof(names) / sizeof(names[0]))
#define TUNNELS 3
#define VLANS 2
#define BASE "base"

static uint64_t state = 88172645463325252ull;

static uint32_t any(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static uint32_t below(uint32_t n) {
    return any() % n;
}

static bool once_in(uint32_t n) {
    return !below(n);
}

/* Attributes */

static size_t put(uint8_t* at, size_t used, uint16_t type, const void* data, size_t len) {
    size_t whole = NLA_ALIGN(NLA_HDRLEN + len);
    struct nlattr head = {.nla_len = (uint16_t)(NLA_HDRLEN + len), .nla_type = type};

    if (used + whole > PAYLOAD) return used;
    memset(at + used, 0, whole);
    memcpy(at + used, &head, sizeof(head));
    memcpy(at + used + NLA_HDRLEN, data, len);
    return used + whole;
}

static size_t put_shape(uint8_t* at, size_t used, const struct shape* shape) {
    uint8_t data[256] = {0};
    uint32_t word;
    size_t i;

    switch (shape->form) {
    case NAME:
        strcpy((char*)data, names[below(NAMES)]);
        return put(at, used, shape->type, data, strlen((char*)data) + 1);
    case TEXT:
        memset(data, 'x', shape->max);
        return put(at, used, shape->type, data, 1 + below(shape->max));
    case BYTE: data[0] = (uint8_t)below(shape->max + 1); return put(at, used, shape->type, data, 1);
    case WORD: word = below(shape->max + 1); return put(at, used, shape->type, &word, 4);
    case LONG:
        for (i = 0; i < 8; i++)
            data[i] = (uint8_t)any();
        return put(at, used, shape->type, data, 8);
    case ADDRESS4:
        memcpy(data, "\300\0\2", 3);
        data[3] = (uint8_t)below(8);
        return put(at, used, shape->type, data, 4);
    case ADDRESS6:
        data[0] = 0xfd;
        data[15] = (uint8_t)below(8);
        return put(at, used, shape->type, data, 16);
    case BITS: /* a mask: mostly with room for six bits */
        word = (once_in(4) ? any() : 0x3f) << below(32);
        return put(at, used, shape->type, &word, 4);
    case ROW: /* a mask: mostly this one */
        word = once_in(8) ? shape->max << below(8) : shape->max;
        return put(at, used, shape->type, &word, 4);
    case BY_TAG:
        for (i = 0; i < TUNQOS_ARRIVAL_LEN; i++)
            data[i] = (uint8_t)(once_in(9) ? TUNQOS_TABLE_LEAVE : below(shape->max + 1));
        return put(at, used, shape->type, data, TUNQOS_ARRIVAL_LEN);
    case PRIORITIES:
        for (i = 0; i < 256; i++)
            data[i] = (uint8_t)(once_in(2) ? 0xff : any());
        return put(at, used, shape->type, data, 256);
    default: /* a table */
        for (i = 0; i < TUNQOS_TABLE_LEN; i++)
            data[i] = (uint8_t)(once_in(9) ? TUNQOS_TABLE_LEAVE : below(shape->max + 1));
        return put(at, used, shape->type, data, TUNQOS_TABLE_LEN);
    }
}

#endif /* TUNQOS_FUZZ_GENL_GRAMMAR_H */

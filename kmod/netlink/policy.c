// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/tunqos.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "policy.h"

#include <uapi/linux/tunqos.h>

/* TUNQOS_CMD_GET_INFO - do */
const struct nla_policy tunqos_get_info_nl_policy[TUNQOS_A_INFO_PAD + 1] = {
};

/* TUNQOS_CMD_BEGIN - do */
const struct nla_policy tunqos_begin_nl_policy[TUNQOS_A_INFO_GENERATION + 1] = {
	[TUNQOS_A_INFO_GENERATION] = { .type = NLA_U32, },
};

/* TUNQOS_CMD_COMMIT - do */
const struct nla_policy tunqos_commit_nl_policy[TUNQOS_A_INFO_PAD + 1] = {
};

/* TUNQOS_CMD_ABORT - do */
const struct nla_policy tunqos_abort_nl_policy[TUNQOS_A_INFO_PAD + 1] = {
};

/* TUNQOS_CMD_FLUSH - do */
const struct nla_policy tunqos_flush_nl_policy[TUNQOS_A_INFO_PAD + 1] = {
};

/* TUNQOS_CMD_SET_TUNNEL - do */
const struct nla_policy tunqos_set_tunnel_nl_policy[TUNQOS_A_TUNNEL_DECAP_GRO + 1] = {
	[TUNQOS_A_TUNNEL_DEVICE] = { .type = NLA_NUL_STRING, .len = 15, },
	[TUNQOS_A_TUNNEL_PEER4] = { .type = NLA_U32, },
	[TUNQOS_A_TUNNEL_PEER6] = NLA_POLICY_EXACT_LEN(16),
	[TUNQOS_A_TUNNEL_LABEL] = { .type = NLA_NUL_STRING, .len = TUNQOS_LABEL_MAX, },
	[TUNQOS_A_TUNNEL_ENCAP_DSCP] = NLA_POLICY_MAX(NLA_U8, 3),
	[TUNQOS_A_TUNNEL_ENCAP_VALUE] = NLA_POLICY_MAX(NLA_U8, 63),
	[TUNQOS_A_TUNNEL_ENCAP_TABLE] = NLA_POLICY_EXACT_LEN(TUNQOS_TABLE_LEN),
	[TUNQOS_A_TUNNEL_DECAP_DSCP] = NLA_POLICY_MAX(NLA_U8, 2),
	[TUNQOS_A_TUNNEL_DECAP_TABLE] = NLA_POLICY_EXACT_LEN(TUNQOS_TABLE_LEN),
	[TUNQOS_A_TUNNEL_DECAP_PERMIT] = { .type = NLA_U64, },
	[TUNQOS_A_TUNNEL_DECAP_CLASS] = NLA_POLICY_MAX(NLA_U8, 1),
	[TUNQOS_A_TUNNEL_PRE_CLASSIFY] = NLA_POLICY_MAX(NLA_U8, 1),
	[TUNQOS_A_TUNNEL_PRIORITY_TABLE] = NLA_POLICY_EXACT_LEN(256),
	[TUNQOS_A_TUNNEL_CLASS_VIA] = NLA_POLICY_MAX(NLA_U8, 2),
	[TUNQOS_A_TUNNEL_CLASS_MASK] = { .type = NLA_U32, },
	[TUNQOS_A_TUNNEL_ENCAP_INNER] = NLA_POLICY_MAX(NLA_U8, 2),
	[TUNQOS_A_TUNNEL_ENCAP_INNER_VALUE] = NLA_POLICY_MAX(NLA_U8, 63),
	[TUNQOS_A_TUNNEL_ENCAP_INNER_TABLE] = NLA_POLICY_EXACT_LEN(TUNQOS_TABLE_LEN),
	[TUNQOS_A_TUNNEL_ENCAP_ECN] = NLA_POLICY_MAX(NLA_U8, 2),
	[TUNQOS_A_TUNNEL_DECAP_ECN] = NLA_POLICY_MAX(NLA_U8, 1),
	[TUNQOS_A_TUNNEL_DECAP_GRO] = NLA_POLICY_MAX(NLA_U8, 1),
	[TUNQOS_A_TUNNEL_CONTROL_DSCP] = NLA_POLICY_MAX(NLA_U8, 63),
	[TUNQOS_A_TUNNEL_LOCAL4] = { .type = NLA_U32, },
	[TUNQOS_A_TUNNEL_LOCAL6] = NLA_POLICY_EXACT_LEN(16),
	[TUNQOS_A_TUNNEL_REQID] = { .type = NLA_U32, },
	[TUNQOS_A_TUNNEL_IF_ID] = { .type = NLA_U32, },
	[TUNQOS_A_TUNNEL_MARK] = { .type = NLA_U32, },
	[TUNQOS_A_TUNNEL_MARK_MASK] = { .type = NLA_U32, },
	[TUNQOS_A_TUNNEL_SPI] = { .type = NLA_U32, },
};

/* TUNQOS_CMD_DEL_TUNNEL - do */
const struct nla_policy tunqos_del_tunnel_nl_policy[TUNQOS_A_TUNNEL_SPI + 1] = {
	[TUNQOS_A_TUNNEL_DEVICE] = { .type = NLA_NUL_STRING, .len = 15, },
	[TUNQOS_A_TUNNEL_PEER4] = { .type = NLA_U32, },
	[TUNQOS_A_TUNNEL_PEER6] = NLA_POLICY_EXACT_LEN(16),
	[TUNQOS_A_TUNNEL_LOCAL4] = { .type = NLA_U32, },
	[TUNQOS_A_TUNNEL_LOCAL6] = NLA_POLICY_EXACT_LEN(16),
	[TUNQOS_A_TUNNEL_REQID] = { .type = NLA_U32, },
	[TUNQOS_A_TUNNEL_IF_ID] = { .type = NLA_U32, },
	[TUNQOS_A_TUNNEL_MARK] = { .type = NLA_U32, },
	[TUNQOS_A_TUNNEL_MARK_MASK] = { .type = NLA_U32, },
	[TUNQOS_A_TUNNEL_SPI] = { .type = NLA_U32, },
};

/* TUNQOS_CMD_GET_TUNNEL - do */
const struct nla_policy tunqos_get_tunnel_nl_policy[TUNQOS_A_TUNNEL_SPI + 1] = {
	[TUNQOS_A_TUNNEL_DEVICE] = { .type = NLA_NUL_STRING, .len = 15, },
	[TUNQOS_A_TUNNEL_PEER4] = { .type = NLA_U32, },
	[TUNQOS_A_TUNNEL_PEER6] = NLA_POLICY_EXACT_LEN(16),
	[TUNQOS_A_TUNNEL_LOCAL4] = { .type = NLA_U32, },
	[TUNQOS_A_TUNNEL_LOCAL6] = NLA_POLICY_EXACT_LEN(16),
	[TUNQOS_A_TUNNEL_REQID] = { .type = NLA_U32, },
	[TUNQOS_A_TUNNEL_IF_ID] = { .type = NLA_U32, },
	[TUNQOS_A_TUNNEL_MARK] = { .type = NLA_U32, },
	[TUNQOS_A_TUNNEL_MARK_MASK] = { .type = NLA_U32, },
	[TUNQOS_A_TUNNEL_SPI] = { .type = NLA_U32, },
};

/* TUNQOS_CMD_SET_PORT - do */
const struct nla_policy tunqos_set_port_nl_policy[TUNQOS_A_PORT_RULES + 1] = {
	[TUNQOS_A_PORT_DEVICE] = { .type = NLA_NUL_STRING, .len = 15, },
	[TUNQOS_A_PORT_DSCP_PCP] = NLA_POLICY_EXACT_LEN(TUNQOS_TABLE_LEN),
	[TUNQOS_A_PORT_DSCP_MARK] = NLA_POLICY_EXACT_LEN(TUNQOS_TABLE_LEN),
	[TUNQOS_A_PORT_MARK_MASK] = { .type = NLA_U32, },
	[TUNQOS_A_PORT_PROTOCOL_PCP] = { .type = NLA_BINARY, },
	[TUNQOS_A_PORT_ARRIVAL_DSCP] = NLA_POLICY_EXACT_LEN(TUNQOS_ARRIVAL_LEN),
	[TUNQOS_A_PORT_ARRIVAL_OVERRIDE] = NLA_POLICY_MAX(NLA_U8, 1),
	[TUNQOS_A_PORT_ARRIVAL_TABLE] = NLA_POLICY_EXACT_LEN(TUNQOS_TABLE_LEN),
	[TUNQOS_A_PORT_DSCP_DEI] = { .type = NLA_U64, },
	[TUNQOS_A_PORT_PRIORITY_TAG] = NLA_POLICY_MAX(NLA_U8, 1),
	[TUNQOS_A_PORT_RULES] = NLA_POLICY_MAX(NLA_U8, 1),
};

/* TUNQOS_CMD_DEL_PORT - do */
const struct nla_policy tunqos_del_port_nl_policy[TUNQOS_A_PORT_DEVICE + 1] = {
	[TUNQOS_A_PORT_DEVICE] = { .type = NLA_NUL_STRING, .len = 15, },
};

/* TUNQOS_CMD_GET_PORT - do */
const struct nla_policy tunqos_get_port_nl_policy[TUNQOS_A_PORT_DEVICE + 1] = {
	[TUNQOS_A_PORT_DEVICE] = { .type = NLA_NUL_STRING, .len = 15, },
};

/* TUNQOS_CMD_GET_REASON - do */
const struct nla_policy tunqos_get_reason_nl_policy[TUNQOS_A_REASON_REASON + 1] = {
	[TUNQOS_A_REASON_REASON] = NLA_POLICY_MAX(NLA_U32, 24),
};

/* TUNQOS_CMD_SET_RULE - do */
const struct nla_policy tunqos_set_rule_nl_policy[TUNQOS_A_RULE_INSERT_TAG + 1] = {
	[TUNQOS_A_RULE_NUMBER] = NLA_POLICY_RANGE(NLA_U8, 1, 254),
	[TUNQOS_A_RULE_MARK_MASK] = { .type = NLA_U32, },
	[TUNQOS_A_RULE_COS_MASK] = { .type = NLA_U32, },
	[TUNQOS_A_RULE_ARRIVAL_DSCP] = NLA_POLICY_EXACT_LEN(TUNQOS_ARRIVAL_LEN),
	[TUNQOS_A_RULE_ARRIVAL_OVERRIDE] = NLA_POLICY_MAX(NLA_U8, 1),
	[TUNQOS_A_RULE_ARRIVAL_TAG] = NLA_POLICY_EXACT_LEN(TUNQOS_ARRIVAL_LEN),
	[TUNQOS_A_RULE_DSCP_TAG] = NLA_POLICY_EXACT_LEN(TUNQOS_TABLE_LEN),
	[TUNQOS_A_RULE_INSERT_TAG] = NLA_POLICY_MAX(NLA_U8, 1),
};

/* TUNQOS_CMD_DEL_RULE - do */
const struct nla_policy tunqos_del_rule_nl_policy[TUNQOS_A_RULE_NUMBER + 1] = {
	[TUNQOS_A_RULE_NUMBER] = NLA_POLICY_RANGE(NLA_U8, 1, 254),
};

/* TUNQOS_CMD_GET_RULE - do */
const struct nla_policy tunqos_get_rule_nl_policy[TUNQOS_A_RULE_NUMBER + 1] = {
	[TUNQOS_A_RULE_NUMBER] = NLA_POLICY_RANGE(NLA_U8, 1, 254),
};

/* Ops table for tunqos */
const struct genl_ops tunqos_nl_ops[15] = {
	{
		.cmd		= TUNQOS_CMD_GET_INFO,
		.doit		= tunqos_nl_get_info_doit,
		.policy		= tunqos_get_info_nl_policy,
		.maxattr	= TUNQOS_A_INFO_PAD,
	},
	{
		.cmd		= TUNQOS_CMD_BEGIN,
		.doit		= tunqos_nl_begin_doit,
		.policy		= tunqos_begin_nl_policy,
		.maxattr	= TUNQOS_A_INFO_GENERATION,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= TUNQOS_CMD_COMMIT,
		.doit		= tunqos_nl_commit_doit,
		.policy		= tunqos_commit_nl_policy,
		.maxattr	= TUNQOS_A_INFO_PAD,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= TUNQOS_CMD_ABORT,
		.doit		= tunqos_nl_abort_doit,
		.policy		= tunqos_abort_nl_policy,
		.maxattr	= TUNQOS_A_INFO_PAD,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= TUNQOS_CMD_FLUSH,
		.doit		= tunqos_nl_flush_doit,
		.policy		= tunqos_flush_nl_policy,
		.maxattr	= TUNQOS_A_INFO_PAD,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= TUNQOS_CMD_SET_TUNNEL,
		.doit		= tunqos_nl_set_tunnel_doit,
		.policy		= tunqos_set_tunnel_nl_policy,
		.maxattr	= TUNQOS_A_TUNNEL_DECAP_GRO,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= TUNQOS_CMD_DEL_TUNNEL,
		.doit		= tunqos_nl_del_tunnel_doit,
		.policy		= tunqos_del_tunnel_nl_policy,
		.maxattr	= TUNQOS_A_TUNNEL_SPI,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= TUNQOS_CMD_GET_TUNNEL,
		.doit		= tunqos_nl_get_tunnel_doit,
		.dumpit		= tunqos_nl_get_tunnel_dumpit,
		.policy		= tunqos_get_tunnel_nl_policy,
		.maxattr	= TUNQOS_A_TUNNEL_SPI,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= TUNQOS_CMD_SET_PORT,
		.doit		= tunqos_nl_set_port_doit,
		.policy		= tunqos_set_port_nl_policy,
		.maxattr	= TUNQOS_A_PORT_RULES,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= TUNQOS_CMD_DEL_PORT,
		.doit		= tunqos_nl_del_port_doit,
		.policy		= tunqos_del_port_nl_policy,
		.maxattr	= TUNQOS_A_PORT_DEVICE,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= TUNQOS_CMD_GET_PORT,
		.doit		= tunqos_nl_get_port_doit,
		.dumpit		= tunqos_nl_get_port_dumpit,
		.policy		= tunqos_get_port_nl_policy,
		.maxattr	= TUNQOS_A_PORT_DEVICE,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= TUNQOS_CMD_GET_REASON,
		.doit		= tunqos_nl_get_reason_doit,
		.dumpit		= tunqos_nl_get_reason_dumpit,
		.policy		= tunqos_get_reason_nl_policy,
		.maxattr	= TUNQOS_A_REASON_REASON,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= TUNQOS_CMD_SET_RULE,
		.doit		= tunqos_nl_set_rule_doit,
		.policy		= tunqos_set_rule_nl_policy,
		.maxattr	= TUNQOS_A_RULE_INSERT_TAG,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= TUNQOS_CMD_DEL_RULE,
		.doit		= tunqos_nl_del_rule_doit,
		.policy		= tunqos_del_rule_nl_policy,
		.maxattr	= TUNQOS_A_RULE_NUMBER,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= TUNQOS_CMD_GET_RULE,
		.doit		= tunqos_nl_get_rule_doit,
		.dumpit		= tunqos_nl_get_rule_dumpit,
		.policy		= tunqos_get_rule_nl_policy,
		.maxattr	= TUNQOS_A_RULE_NUMBER,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
};

static const struct genl_multicast_group tunqos_nl_mcgrps[] = {
	[TUNQOS_NLGRP_EVENTS] = { "events", },
};

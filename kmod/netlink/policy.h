/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/tunqos.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_TUNQOS_GEN_H
#define _LINUX_TUNQOS_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/tunqos.h>

extern const struct nla_policy tunqos_get_info_nl_policy[TUNQOS_A_INFO_PAD + 1];

extern const struct nla_policy tunqos_begin_nl_policy[TUNQOS_A_INFO_GENERATION + 1];

extern const struct nla_policy tunqos_commit_nl_policy[TUNQOS_A_INFO_PAD + 1];

extern const struct nla_policy tunqos_abort_nl_policy[TUNQOS_A_INFO_PAD + 1];

extern const struct nla_policy tunqos_flush_nl_policy[TUNQOS_A_INFO_PAD + 1];

extern const struct nla_policy tunqos_set_tunnel_nl_policy[TUNQOS_A_TUNNEL_DECAP_GRO + 1];

extern const struct nla_policy tunqos_del_tunnel_nl_policy[TUNQOS_A_TUNNEL_SPI + 1];

extern const struct nla_policy tunqos_get_tunnel_nl_policy[TUNQOS_A_TUNNEL_SPI + 1];

extern const struct nla_policy tunqos_set_port_nl_policy[TUNQOS_A_PORT_RULES + 1];

extern const struct nla_policy tunqos_del_port_nl_policy[TUNQOS_A_PORT_DEVICE + 1];

extern const struct nla_policy tunqos_get_port_nl_policy[TUNQOS_A_PORT_DEVICE + 1];

extern const struct nla_policy tunqos_get_reason_nl_policy[TUNQOS_A_REASON_REASON + 1];

extern const struct nla_policy tunqos_set_rule_nl_policy[TUNQOS_A_RULE_INSERT_TAG + 1];

extern const struct nla_policy tunqos_del_rule_nl_policy[TUNQOS_A_RULE_NUMBER + 1];

extern const struct nla_policy tunqos_get_rule_nl_policy[TUNQOS_A_RULE_NUMBER + 1];

/* Ops table for tunqos */
extern const struct genl_ops tunqos_nl_ops[15];

int tunqos_nl_get_info_doit(struct sk_buff *skb, struct genl_info *info);
int tunqos_nl_begin_doit(struct sk_buff *skb, struct genl_info *info);
int tunqos_nl_commit_doit(struct sk_buff *skb, struct genl_info *info);
int tunqos_nl_abort_doit(struct sk_buff *skb, struct genl_info *info);
int tunqos_nl_flush_doit(struct sk_buff *skb, struct genl_info *info);
int tunqos_nl_set_tunnel_doit(struct sk_buff *skb, struct genl_info *info);
int tunqos_nl_del_tunnel_doit(struct sk_buff *skb, struct genl_info *info);
int tunqos_nl_get_tunnel_doit(struct sk_buff *skb, struct genl_info *info);
int tunqos_nl_get_tunnel_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);
int tunqos_nl_set_port_doit(struct sk_buff *skb, struct genl_info *info);
int tunqos_nl_del_port_doit(struct sk_buff *skb, struct genl_info *info);
int tunqos_nl_get_port_doit(struct sk_buff *skb, struct genl_info *info);
int tunqos_nl_get_port_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int tunqos_nl_get_reason_doit(struct sk_buff *skb, struct genl_info *info);
int tunqos_nl_get_reason_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);
int tunqos_nl_set_rule_doit(struct sk_buff *skb, struct genl_info *info);
int tunqos_nl_del_rule_doit(struct sk_buff *skb, struct genl_info *info);
int tunqos_nl_get_rule_doit(struct sk_buff *skb, struct genl_info *info);
int tunqos_nl_get_rule_dumpit(struct sk_buff *skb, struct netlink_callback *cb);

enum {
	TUNQOS_NLGRP_EVENTS,
};

#endif /* _LINUX_TUNQOS_GEN_H */

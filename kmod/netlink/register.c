// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where each request comes by. Policies and the table of operations are
 * generated from include/uapi/linux/tunqos.yaml.
 */

#include <net/genetlink.h>

#include "netlink/family.h"
#include "netlink/policy.h"
#include "netlink/register.h"

/* Of the generated table, by the functions of each; see by_us(). */
static struct genl_ops ops[ARRAY_SIZE(tunqos_nl_ops)] __ro_after_init;

static int handle(struct sk_buff *skb, struct genl_info *info)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tunqos_nl_ops); i++) {
		if (tunqos_nl_ops[i].cmd == info->genlhdr->cmd)
			return tunqos_nl_ops[i].doit(skb, info);
	}
	return -EOPNOTSUPP;
}

/*
 * Each request comes by here. Netlink reads the words of a refusal after the
 * handler has returned, when nothing keeps them: so they are sent from here.
 */
static int by_us(struct sk_buff *skb, struct genl_info *info)
{
	struct tunqos_answer answer = { .extack = *info->extack };
	struct netlink_ext_ack *extack = info->extack;
	int err;

	info->extack = &answer.extack;
	err = handle(skb, info);
	info->extack = extack;
	if (!err)
		return 0;
	netlink_ack(skb, nlmsg_hdr(skb), err, &answer.extack);
	return -EINTR;	/* for netlink: it has been answered */
}

int __init tunqos_netlink_register(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		ops[i] = tunqos_nl_ops[i];
		if (ops[i].doit)
			ops[i].doit = by_us;
	}
	tunqos_family.ops = ops;
	tunqos_family.n_ops = ARRAY_SIZE(ops);
	return genl_register_family(&tunqos_family);
}

void tunqos_netlink_unregister(void)
{
	genl_unregister_family(&tunqos_family);
}

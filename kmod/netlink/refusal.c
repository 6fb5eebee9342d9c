// SPDX-License-Identifier: GPL-2.0-only
/* The words for what the configuration refuses. */

#include <net/genetlink.h>

#include "config/binding.h"
#include "config/key.h"
#include "config/refusal.h"
#include "config/selector.h"
#include "netlink/family.h"
#include "netlink/refusal.h"

#define DESCRIPTION	192	/* bytes: of a binding, for people */

/* The name of a binding for people: "tunnel gre1", "ipsec peer 192.0.2.1". */
static void describe(const struct tunqos_key *key, char *buf, size_t len)
{
	switch (key->type) {
	case TUNQOS_BIND_DEVICE:
		snprintf(buf, len, "tunnel %s", key->name);
		break;
	case TUNQOS_BIND_PORT:
		snprintf(buf, len, "port %s", key->name);
		break;
	case TUNQOS_BIND_RULE:
		snprintf(buf, len, "rule %s", key->name);
		break;
	case TUNQOS_BIND_IPSEC:
		tunqos_selector_describe(&key->sa, buf, len);
		break;
	}
}

/* There is no binding with this key. */
void tunqos_refuse_missing(struct netlink_ext_ack *extack,
			   const struct tunqos_key *key)
{
	char name[DESCRIPTION];

	describe(key, name, sizeof(name));
	tunqos_refuse(extack, "%s: no such binding", name);
}

/* What cannot be done about a binding, and why. */
static void refuse_binding(struct netlink_ext_ack *extack,
			   const struct tunqos_refusal *refusal,
			   const char *what)
{
	char name[DESCRIPTION];

	describe(&refusal->key, name, sizeof(name));
	tunqos_refuse(extack, "%s: %s%s", name, what, refusal->problem);
}

static void say(struct netlink_ext_ack *extack,
		const struct tunqos_refusal *refusal)
{
	switch (refusal->what) {
	case TUNQOS_REFUSED_UNSAID:
		break;
	case TUNQOS_REFUSED_BUSY:
		tunqos_refuse(extack, "another transaction is open, try again");
		break;
	case TUNQOS_REFUSED_STALE:
		tunqos_refuse(extack,
			      "the configuration has changed meanwhile, read it again");
		break;
	case TUNQOS_REFUSED_NOT_OPEN:
		tunqos_refuse(extack,
			      "no transaction is open, send begin first");
		break;
	case TUNQOS_REFUSED_CHANGES:
		tunqos_refuse(extack, "too many changes in one transaction");
		break;
	case TUNQOS_REFUSED_STAGED:
		tunqos_refuse(extack,
			      "too many changes are staged: %u are allowed in all namespaces together whose owner does not own the machine; commit fewer at a time",
			      TUNQOS_GUESTS_MAX);
		break;
	case TUNQOS_REFUSED_BINDINGS:
		tunqos_refuse(extack,
			      "too many bindings: %u are allowed in a namespace, %u in all together whose owner does not own the machine; remove some first",
			      TUNQOS_BINDINGS_MAX, TUNQOS_GUESTS_MAX);
		break;
	case TUNQOS_REFUSED_MISSING:
		tunqos_refuse_missing(extack, &refusal->key);
		break;
	case TUNQOS_REFUSED_UNFIT:
		refuse_binding(extack, refusal, "");
		break;
	case TUNQOS_REFUSED_DEVICE:
		refuse_binding(extack, refusal,
			       "cannot hook into the device: ");
		break;
	case TUNQOS_REFUSED_IPSEC:
		refuse_binding(extack, refusal, "cannot hook into ipsec: ");
		break;
	case TUNQOS_REFUSED_PORTS:
		tunqos_refuse(extack,
			      "cannot hook into the ports: out of memory");
		break;
	case TUNQOS_REFUSED_MEMORY:
		tunqos_refuse(extack, "out of memory");
		break;
	}
}

/**
 * tunqos_answer_for() - the words for what was refused, if it was
 * @info: the request, which gets them
 * @err: 0 or a negative error number
 * @refusal: filled in if it is one
 *
 * Return: @err.
 */
int tunqos_answer_for(struct genl_info *info, int err,
		      const struct tunqos_refusal *refusal)
{
	if (err)
		say(info->extack, refusal);
	return err;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Kinds of tunnel devices. */
#ifndef TUNQOS_CONFIG_KIND_H
#define TUNQOS_CONFIG_KIND_H

#include <linux/netdevice.h>
#include <linux/types.h>

#include "core/inner.h"

/**
 * struct tunqos_kind - a kind of tunnel device
 * @name: of the kind, as ip(8) has it
 * @form: what it writes between the headers
 * @inet4: outer packets can be IPv4
 * @inet6: outer packets can be IPv6
 * @ecn: the kernel decapsulates by RFC 6040 itself
 * @gro: what it decapsulates is merged before anybody sees it
 */
struct tunqos_kind {
	const char *name;
	enum tunqos_form form;
	bool inet4;
	bool inet6;
	bool ecn;
	bool gro;
};

const struct tunqos_kind *tunqos_kind_of(const struct net_device *dev);
const char *tunqos_kind_refusal(void);

#endif /* TUNQOS_CONFIG_KIND_H */

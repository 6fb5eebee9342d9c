/* SPDX-License-Identifier: GPL-2.0-only */
/* What a profile is attached to. */
#ifndef TUNQOS_CONFIG_BINDING_H
#define TUNQOS_CONFIG_BINDING_H

#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <uapi/linux/tunqos.h>

#include "config/key.h"
#include "config/refusal.h"
#include "path/net.h"
#include "path/profile.h"

struct tunqos_attachment;
struct tunqos_ingress;
struct tunqos_match;
struct tunqos_rules;
struct tunqos_stats;
struct tunqos_stats_block;
struct tunqos_vid;

#define TUNQOS_BINDINGS_MAX	65536	/* in one namespace */
/* In all namespaces together whose owner does not own the machine. */
#define TUNQOS_GUESTS_MAX	8192

enum tunqos_verb {
	TUNQOS_VERB_SET,
	TUNQOS_VERB_DEL,
	TUNQOS_VERB_FLUSH,
};

/**
 * struct tunqos_binding - what a profile is attached to
 * @label: for people, or NULL
 * @tn: its namespace
 * @profile: NULL in an inert binding, which lets every packet pass
 * @next: profile that the running transaction gives it
 * @successor: the change that it is from, which has its next label
 * @verb: of a change: a binding that is staged and that nobody sees yet
 * @held: hooks it holds a reference to (enum tunqos_hook)
 * @dev: by name: the device that has it, attached or refused; for comparing
 * @attachment: of type DEVICE: the device it is attached to, if there is one
 * @vid: of type PORT: its place at the lower device, if there is one
 * @ingress: of type PORT: its place at the device itself, if there is one
 * @match: of type IPSEC: its selector, once it is in force
 * @rules: of type RULE: those that it is one of, at @number
 * @doomed: the running transaction removes it
 * @chained: the next one on its chain, if it is on one
 */
struct tunqos_binding {
	struct tunqos_key key;
	char *label;
	struct tunqos_net *tn;
	struct tunqos_profile __rcu *profile;
	struct tunqos_stats __percpu *stats;
	struct tunqos_stats_block *stats_block;
	enum tunqos_state state;
	const char *problem;
	u32 held;

	const struct net_device *dev;
	struct tunqos_attachment *attachment;
	struct tunqos_vid *vid;
	struct tunqos_ingress *ingress;
	struct tunqos_match *match;
	struct tunqos_rules *rules;
	u8 number;

	struct list_head list;		/* tunqos_net.bindings */
	struct hlist_node key_node;	/* tunqos_bindings */
	struct hlist_node dev_node;	/* with @dev: of binding.c */

	struct tunqos_profile *next;
	struct tunqos_binding *successor;
	enum tunqos_verb verb;
	bool doomed;
	bool touched;
	struct tunqos_binding *chained;

	struct rcu_head rcu;
};

struct tunqos_binding *tunqos_binding_alloc(enum tunqos_verb verb);
void tunqos_binding_free(struct tunqos_binding *binding);
int tunqos_binding_insert(struct tunqos_net *tn,
			  struct tunqos_binding *binding);
int tunqos_binding_prepare(struct tunqos_binding *binding,
			   const struct tunqos_profile *profile,
			   struct tunqos_refusal *refusal);
void tunqos_binding_publish(struct tunqos_binding *binding,
			    struct tunqos_profile *profile);
void tunqos_binding_destroy(struct tunqos_binding *binding);
void tunqos_binding_unprepare(struct tunqos_binding *binding);
bool tunqos_binding_device_here(struct tunqos_binding *binding,
				struct net_device *dev);
bool tunqos_binding_device_changed(struct tunqos_binding *binding);
void tunqos_binding_device_gone(struct tunqos_binding *binding);
struct tunqos_binding *
tunqos_binding_of_device(const struct net_device *dev, bool only_renamed);

#endif /* TUNQOS_CONFIG_BINDING_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The nouns of the module, and what its parts offer each other.
 *
 * Locking: everything that is configuration changes under RTNL only. The
 * packet path takes no lock; it reads profiles under RCU (each netfilter hook
 * runs inside rcu_read_lock()).
 */
#ifndef TUNQOS_H
#define TUNQOS_H

#include <linux/if.h>
#include <linux/in6.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <net/xfrm.h>
#include <uapi/linux/tunqos.h>

#include "core/companion.h"
#include "core/ds.h"
#include "core/inner.h"
#include "core/keyed.h"

#define TUNQOS_RELEASE		"0.1.0"
#define TUNQOS_PORT_PROTOCOLS	(TUNQOS_PORT_PROTOCOL_MAX + 1)
#define TUNQOS_BINDINGS_MAX	65536	/* in one namespace */
/* In all namespaces together whose owner does not own the machine. */
#define TUNQOS_GUESTS_MAX	8192
#define TUNQOS_DESCRIPTION	192	/* bytes: of a binding, for people */
#define TUNQOS_SHAPES_MAX	8	/* of selectors, in one namespace */

/* Entries of the compiled tables beyond the DSCPs 0-63. */
/* Ored to a DSCP, which counts for nothing then; the same of "leave alone". */
#define TUNQOS_NOT_PERMITTED		0x40
#define TUNQOS_NOT_PERMITTED_LEAVE	0xfe

enum tunqos_direction {
	TUNQOS_ENCAP,
	TUNQOS_DECAP,
};

struct tunqos_counters {
	u64 packets;
	u64 written;
	u64 left_alone;
	u64 dropped;
};

/* Per CPU, 64 bytes; of a port TUNQOS_ENCAP is egress, TUNQOS_DECAP ingress. */
struct tunqos_stats {
	struct tunqos_counters direction[2];
};

struct tunqos_reasons {
	u64 packets[TUNQOS_REASONS];
};

/**
 * struct tunqos_profile - one binding's complete policy, immutable
 * @stats: of the binding, valid as long as the profile can be seen
 * @priority: skb->priority for each innermost DSCP, or NULL
 * @encap_write: the outer DSCP is ours to write
 * @encap_more: besides, the inner DSCP or the outer ECN is
 * @pre_classify: show the innermost DSCP to egress queueing
 * @class_more: ... in more than the companion
 * @class_via: enum tunqos_class_via
 * @encap_any: there is something to do at encapsulation
 * @tag: of the binding's namespace, 0-63, for DONE and QUEUE companions
 * @decap_write: the inner DSCP is ours to write
 * @class_outer: after decapsulation queue by the outer DSCP
 * @has_permit: @permit says which DSCPs may come out of the tunnel
 * @encap_ecn: enum tunqos_encap_ecn
 * @decap_ecn: enum tunqos_decap_ecn
 * @control: DSCP of the tunnel's own packets, or TUNQOS_TABLE_LEAVE
 * @encap: outer DSCP for each inner DSCP, or TUNQOS_TABLE_LEAVE
 * @decap: inner DSCP for each outer DSCP, or TUNQOS_TABLE_LEAVE, or one of
 *	TUNQOS_NOT_PERMITTED
 * @class_shift: with TUNQOS_CLASS_VIA_MARK: zeros below the bits of skb->mark
 *	that become the class
 * @class_bits: how many they are, 6-32
 * @pcp: of a port with @has_pcp: PCP for each DSCP, or TUNQOS_TABLE_LEAVE
 * @mark: of a port with @mark_mask: what each DSCP puts there, or
 *	TUNQOS_TABLE_LEAVE; @mark_shift to the left all of it is in the mask
 * @protocol: of a port with @has_protocols: PCP for what is not IP, or is of a
 *	protocol that has its own (enum tunqos_port_protocol), or
 *	TUNQOS_TABLE_LEAVE; @has_services if one of these is in IP
 * @permit: a bit for each DSCP
 * @inner: inner DSCP for each one before, or TUNQOS_TABLE_LEAVE
 * @reasons: of the namespace
 *
 * In the order in which packets need it, for with many tunnels each line of it
 * is one that the cache does not have. The rest is as user space said it. It
 * fills an object of the allocator; one byte more would double its cost.
 */
struct tunqos_profile {
	struct tunqos_stats __percpu *stats;
	u32 *priority;
	/* together, so that one test does for all */
	u8 encap_write : 1;
	u8 encap_more : 1;
	u8 pre_classify : 1;
	u8 class_more : 1;
	u8 class_via : 2;
	bool encap_any;
	u8 tag;
	bool decap_write;
	bool class_outer;
	bool has_permit;
	u8 encap_ecn;
	u8 decap_ecn;
	u8 control;
	u8 encap_dscp;		/* enum tunqos_encap_dscp */
	u8 encap_value;		/* 0-63 */
	u8 encap_inner;		/* enum tunqos_encap_inner */
	u8 inner_value;		/* 0-63 */
	u8 decap_dscp;		/* enum tunqos_decap_dscp */
	union {
		u8 encap[TUNQOS_TABLE_LEN];
		u8 pcp[TUNQOS_TABLE_LEN];
	};
	union {
		u8 decap[TUNQOS_TABLE_LEN];
		u8 mark[TUNQOS_TABLE_LEN];
	};
	u8 class_shift;
	u8 class_bits;
	union {
		u64 permit;
		struct {	/* of a port */
			u32 mark_mask;	/* 0: it sets no mark */
			u8 mark_shift;
			bool has_pcp;
			bool has_protocols;
			bool has_services;
		};
	};
	union {
		u8 inner[TUNQOS_TABLE_LEN];
		u8 protocol[TUNQOS_PORT_PROTOCOLS];
	};
	struct tunqos_reasons __percpu *reasons;
	struct rcu_head rcu;
};

enum tunqos_binding_type {
	TUNQOS_BIND_DEVICE,	/* a tunnel device, by name */
	TUNQOS_BIND_IPSEC,	/* SAs, by a selector */
	TUNQOS_BIND_PORT,	/* a device of any kind, by name */
};

/**
 * struct tunqos_selector - which SAs: those that have all that it says
 * @peer: the other end: outbound the destination, inbound the source
 * @local: the end here
 * @mark: of the SA under @mark_mask
 * @family: of the addresses, 0 if there is none
 * @fields: what it says (TUNQOS_SELECT_*); the rest is 0
 */
struct tunqos_selector {
	xfrm_address_t peer;
	xfrm_address_t local;
	u32 mark;
	u32 mark_mask;
	u32 reqid;
	u32 if_id;
	__be32 spi;
	u16 family;
	u16 fields;
};

struct tunqos_key {
	enum tunqos_binding_type type;
	union {
		/* first: the longest is initialised */
		struct tunqos_selector sa;	/* of type TUNQOS_BIND_IPSEC */
		char name[IFNAMSIZ];		/* padded with NULs */
	};
};

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

/* Bindings in the order in which they came; each is on one chain at most. */
struct tunqos_chain {
	struct tunqos_binding *first;
	struct tunqos_binding **end;
};

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

/* Are the outer packets of a tunnel device in a VRF? */
enum tunqos_vrf {
	TUNQOS_VRF_NONE,
	TUNQOS_VRF_PERHAPS,	/* its routes tell */
	TUNQOS_VRF_TIED,
};

/* A hook that outlives its attachment's need of it by a grace period. */
struct tunqos_egress {
	struct nf_hook_ops ops;
	struct rcu_head rcu;
};

/**
 * struct tunqos_attachment - a tunnel device that packets are handled on
 * @profile: of the binding, NULL while inert; first, the packet path reads it
 * @dev: the device; it cannot go away, UNREGISTER detaches it
 * @list: of those with this underlay, or of those everywhere
 * @underlay: the namespace its outer packets are in, if it is known
 * @everywhere: that is not known: hooks are in every namespace
 * @here: data of that namespace, NULL for every
 * @form: of the kind
 * @kind: of the device
 * @gro_cleared: receive aggregation was on, and comes back if it is wanted
 * @copies_dscp: its driver copies the outer DSCP before after.c
 * @vrf: its underlay is a VRF (enum tunqos_vrf)
 * @number: by which outer.c knows it then, 0 if it has none
 * @match: of an xfrm or vti device: the SAs that are its
 * @egress: with TUNQOS_HOOK_TUNNEL_EGRESS, which few need
 */
struct tunqos_attachment {
	struct tunqos_profile __rcu *profile;
	struct net_device *dev;
	struct hlist_node node;
	struct list_head list;
	u8 form;
	bool everywhere;
	bool gro_cleared;
	bool copies_dscp;
	u8 vrf;
	u16 number;
	u32 held;
	const struct tunqos_net *here;
	const struct tunqos_kind *kind;
	struct net *underlay;
	struct tunqos_binding *binding;
	struct tunqos_match *match;
	struct nf_hook_ops ingress;
	struct tunqos_egress *egress;
	struct rcu_head rcu;
};

/* Hooks in the families of IP, counted per namespace. */
enum tunqos_inet_hook {
	TUNQOS_INET_BEFORE4,
	TUNQOS_INET_BEFORE6,
	TUNQOS_INET_OUTER4,
	TUNQOS_INET_OUTER6,
	TUNQOS_INET_ARRIVED4,
	TUNQOS_INET_ARRIVED6,
	TUNQOS_INET_FORWARD4,
	TUNQOS_INET_FORWARD6,
	TUNQOS_INET_BRIDGE,
	TUNQOS_INET_HOOKS,
};

struct tunqos_net {
	struct net *net;
	struct list_head bindings;
	struct list_head attachments;	/* whose outer packets are here */
	struct tunqos_reasons __percpu *reasons;
	u32 generation;
	unsigned int count;		/* of bindings */
	unsigned int doomed;		/* of them, in a commit */
	unsigned int outer_classes;	/* of bindings with class_outer */
	bool port_classes;		/* its ports have a hook for them */
	struct tunqos_shapes __rcu *shapes;	/* of its selectors */
	u32 salt;			/* of its bindings' hash */
	u8 tag;				/* 0-63 */
	struct list_head everybody;	/* of all namespaces */
	bool gone;			/* it ends */
	bool has_vrf;
	unsigned int users[TUNQOS_INET_HOOKS];
	struct nf_hook_ops inet_ops[TUNQOS_INET_HOOKS];	/* priv: this */

	struct mutex txn_lock;		/* protects the next 6 fields */
	bool txn_open;
	u32 txn_owner;			/* netlink port */
	unsigned int txn_count;
	unsigned int txn_charged;	/* of them, to all guests together */
	struct tunqos_chain txn_ops;
};

/*
 * For what is called for each of many bindings: a kernel with lockdep looks,
 * and in others the comments have to do.
 */
#define tunqos_assert_rtnl()	WARN_ON_ONCE(!lockdep_rtnl_is_held())

/* main.c */
extern unsigned int tunqos_net_id;
extern u8 tunqos_arrived_tag;		/* 0-15, drawn at load */

static inline struct tunqos_net *tunqos_net(const struct net *net)
{
	return net_generic(net, tunqos_net_id);
}

/* A guest's: anybody may own such a namespace. */
static inline bool tunqos_is_guest(const struct tunqos_net *tn)
{
	return tn->net->user_ns != &init_user_ns;
}

/* before.c outer.c arrived.c after.c: the hooks, in the order of a packet */
unsigned int tunqos_before4(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state);
unsigned int tunqos_before6(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state);
unsigned int tunqos_outer4(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state);
unsigned int tunqos_outer6(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state);
unsigned int tunqos_arrived4(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state);
unsigned int tunqos_arrived6(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state);
unsigned int tunqos_after(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state);

/* forward.c */
unsigned int tunqos_forward4(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state);
unsigned int tunqos_forward6(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state);
unsigned int tunqos_forward_bridge(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state);
bool tunqos_queue_is_ours(struct tunqos_net *tn, const struct sk_buff *skb,
			  int iif);

/* decap.c: what after.c and ipsec.c share */
unsigned int tunqos_decap(struct sk_buff *skb,
			  const struct tunqos_profile *profile, u8 arrived,
			  int hindrance);

/* vrf.c */
bool tunqos_vrf_changed(const struct net_device *dev, bool gone);
enum tunqos_vrf tunqos_vrf_hides(struct net_device *dev, struct net *underlay);
unsigned int tunqos_vrf_before(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state);
int tunqos_vrf_get(struct tunqos_attachment *attachment);
void tunqos_vrf_put(struct tunqos_attachment *attachment);
const struct tunqos_attachment *tunqos_vrf_device(const struct sk_buff *skb,
						  const struct sock *sk,
						  u8 proto);

/* wireguard.c: before encryption, after it, and after decryption */
unsigned int tunqos_wireguard_before(void *priv, struct sk_buff *skb,
				     const struct nf_hook_state *state);
void tunqos_wireguard_skipped(struct sk_buff *skb,
			      const struct net_device *dev);
int tunqos_wireguard_inner(struct sk_buff *skb, const u8 *udp,
			   unsigned int len, u8 *ds, u8 *class);
bool tunqos_wireguard_arrived(const struct sk_buff *skb, u8 *ds);
const struct tunqos_attachment *tunqos_wireguard_of(const struct sock *sk);
void tunqos_wireguard_init(void);

/* ipsec.c */
int tunqos_ipsec_get(const struct tunqos_net *tn);
bool tunqos_ipsec_makes_queue(const struct sec_path *sp);
void tunqos_ipsec_exit(void);

/* hooks.c */
int tunqos_hooks_init(struct tunqos_net *tn);
void tunqos_hooks_exit(struct tunqos_net *tn);
int tunqos_hooks_get_everywhere(u32 hooks, const struct tunqos_kind *kind);
void tunqos_hooks_put_everywhere(u32 hooks, const struct tunqos_kind *kind);
int tunqos_hooks_get(struct net *net, u32 hooks,
		     const struct tunqos_kind *kind);
void tunqos_hooks_put(struct net *net, u32 hooks,
		      const struct tunqos_kind *kind);

/* ipsec_device.c */
bool tunqos_device_copies_dscp(const struct net_device *dev);
int tunqos_device_selector(const struct net_device *dev,
			   struct tunqos_selector *selector);

/* attachment.c */
int tunqos_attachment_sas(struct tunqos_attachment *attachment);
const struct tunqos_kind *tunqos_kind_of(const struct net_device *dev);
const char *tunqos_kind_refusal(void);
int tunqos_attachment_prepare(struct tunqos_binding *binding,
			      struct net_device *dev, u32 hooks);
void tunqos_attachment_publish(struct tunqos_binding *binding,
			       struct tunqos_profile *profile);
enum tunqos_vrf tunqos_attachment_vrf(struct net_device *dev);
void tunqos_attachment_vrfs_changed(const struct net *net);
void tunqos_attachment_underlay_gone(const struct net *net);
void tunqos_attachment_trim(struct tunqos_binding *binding, u32 hooks);
void tunqos_attachment_drop(struct tunqos_binding *binding);
void tunqos_attachment_features(struct tunqos_attachment *attachment);

/* lookup.c, lookup.h */
void tunqos_lookup_add(struct tunqos_binding *binding);
void tunqos_lookup_remove(struct tunqos_binding *binding);
struct tunqos_binding *tunqos_binding_find(struct tunqos_net *tn,
					   const struct tunqos_key *key);

/* selector.c, selector.h */
struct tunqos_match *tunqos_match_add(struct tunqos_net *tn,
				      const struct tunqos_selector *selector,
				      bool last);
void tunqos_match_remove(struct tunqos_match *match);
void tunqos_match_doomed(const struct tunqos_match *match, int more);
u32 tunqos_selector_key_hash(const struct tunqos_net *tn,
			     const struct tunqos_selector *selector);
bool tunqos_selector_equal(const struct tunqos_selector *a,
			   const struct tunqos_selector *b);
void tunqos_selector_describe(const struct tunqos_selector *selector,
			      char *buf, size_t len);

/* stats.c */
int tunqos_stats_get(struct tunqos_binding *binding);
void tunqos_stats_put(struct tunqos_binding *binding);

/* profile.c */
struct tunqos_profile *tunqos_profile_alloc(void);
void tunqos_profile_free(struct tunqos_profile *profile);
void tunqos_profile_free_rcu(struct tunqos_profile *profile);
u32 tunqos_profile_hooks(const struct tunqos_profile *profile,
			 enum tunqos_binding_type type,
			 const struct tunqos_kind *kind, bool vrf);

/* binding.c */
struct tunqos_binding *tunqos_binding_alloc(enum tunqos_verb verb);
void tunqos_binding_free(struct tunqos_binding *binding);
int tunqos_binding_insert(struct tunqos_net *tn,
			  struct tunqos_binding *binding);
int tunqos_binding_prepare(struct tunqos_binding *binding,
			   const struct tunqos_profile *profile,
			   struct netlink_ext_ack *extack);
void tunqos_binding_publish(struct tunqos_binding *binding,
			    struct tunqos_profile *profile);
void tunqos_binding_destroy(struct tunqos_binding *binding);
void tunqos_binding_describe(const struct tunqos_key *key, char *buf,
			     size_t len);
void tunqos_binding_unprepare(struct tunqos_binding *binding);
void tunqos_binding_device_here(struct tunqos_binding *binding,
				struct net_device *dev);
void tunqos_binding_device_changed(struct tunqos_binding *binding);
void tunqos_binding_device_gone(struct tunqos_binding *binding);
void tunqos_bindings_device_gone(const struct net_device *dev,
				 bool only_renamed);

/* notifier.c */
int tunqos_notifier_register(void);
void tunqos_notifier_unregister(void);

/* transaction.c */
void tunqos_txn_init(struct tunqos_net *tn);
int tunqos_txn_begin(struct tunqos_net *tn, struct genl_info *info);
int tunqos_txn_stage(struct tunqos_net *tn, struct tunqos_binding *change,
		     struct genl_info *info);
int tunqos_txn_commit(struct tunqos_net *tn, struct genl_info *info);
int tunqos_txn_abort(struct tunqos_net *tn, struct genl_info *info);
void tunqos_txn_drop(struct tunqos_net *tn);
int tunqos_txn_notifier_register(void);
void tunqos_txn_notifier_unregister(void);

/* netlink.c */
int tunqos_netlink_register(void);
void tunqos_netlink_unregister(void);
extern struct genl_family tunqos_family;
void tunqos_refuse(struct netlink_ext_ack *extack, const char *format, ...)
	__printf(2, 3);

/* netlink_binding.c */
int tunqos_fill_counters(struct sk_buff *skb, int attr,
			 const struct tunqos_binding *binding,
			 enum tunqos_direction direction);
int tunqos_stage_del(struct genl_info *info, const struct tunqos_key *key);
void tunqos_notify_binding(const struct tunqos_binding *binding);
void tunqos_notify_commit(const struct tunqos_net *tn);

/* netlink_key.c */
int tunqos_tunnel_key(struct genl_info *info, struct tunqos_key *key);
int tunqos_fill_key(struct sk_buff *skb, const struct tunqos_key *key);

/* netlink_tunnel.c */
int tunqos_read_table(struct genl_info *info, int attr, u8 *table, u8 max);
int tunqos_fill_tunnel(struct sk_buff *skb,
		       const struct tunqos_binding *binding);

/* netlink_port.c */
int tunqos_port_key(struct genl_info *info, struct tunqos_key *key);
int tunqos_fill_port(struct sk_buff *skb, const struct tunqos_binding *binding);

#endif /* TUNQOS_H */

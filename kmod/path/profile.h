/* SPDX-License-Identifier: GPL-2.0-only */
/* What is done to the packets of a binding. */
#ifndef TUNQOS_PATH_PROFILE_H
#define TUNQOS_PATH_PROFILE_H

#include <linux/rcupdate.h>
#include <linux/types.h>
#include <uapi/linux/tunqos.h>

struct tunqos_reasons;
struct tunqos_stats;

#define TUNQOS_PORT_PROTOCOLS	(TUNQOS_PORT_PROTOCOL_MAX + 1)

/* Entries of the compiled tables beyond the DSCPs 0-63. */
/* Ored to a DSCP, which counts for nothing then; the same of "leave alone". */
#define TUNQOS_NOT_PERMITTED		0x40
#define TUNQOS_NOT_PERMITTED_LEAVE	0xfe

/**
 * struct tunqos_arrival - what becomes of the DSCP of what a port receives
 * @dscp: for each PCP * 2 + DEI of a tag, and for a frame without one: a DSCP,
 *	or TUNQOS_TABLE_LEAVE, which leaves it to @table
 * @table: for each DSCP as it arrived: another one, or TUNQOS_TABLE_LEAVE
 * @has_dscp: @dscp says something
 * @has_table: @table does
 * @override: @dscp counts for packets that have a DSCP, too
 * @note: rules are told with which tag a frame arrived
 */
struct tunqos_arrival {
	u8 dscp[TUNQOS_ARRIVAL_LEN];
	u8 table[TUNQOS_TABLE_LEN];
	bool has_dscp;
	bool has_table;
	bool override;
	bool note;
};

#define TUNQOS_ARRIVAL_UNTAGGED	(TUNQOS_ARRIVAL_LEN - 1)

/**
 * struct tunqos_profile - one binding's complete policy, immutable
 * @stats: of the binding, valid as long as the profile can be seen
 * @priority: skb->priority for each innermost DSCP, or NULL; of tunnels
 * @arrival: of a port, or NULL; of a rule: how it decides on the DSCP, or NULL
 * @encap_write: the outer DSCP is ours to write
 * @encap_more: besides, the inner DSCP or the outer ECN is
 * @pre_classify: show the innermost DSCP to egress queueing
 * @class_more: ... in more than the companion
 * @class_via: enum tunqos_class_via
 * @decap_merge: what comes out of the tunnel may be merged
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
 * @pcp: of a port with @has_pcp, and of a rule: PCP * 2 + DEI for each DSCP, or
 *	TUNQOS_TABLE_LEAVE
 * @arrival_tag: of a rule: PCP * 2 + DEI by the tag of arrival, as
 *	tunqos_arrival.dscp, or TUNQOS_TABLE_LEAVE, which leaves it to @pcp
 * @mark: of a port with @mark_mask: what each DSCP puts there, or
 *	TUNQOS_TABLE_LEAVE; @mark_shift to the left all of it is in the mask
 * @protocol: of a port with @has_protocols: PCP * 2 for what is not IP, or is
 *	of a protocol that has its own (enum tunqos_port_protocol), or
 *	TUNQOS_TABLE_LEAVE; @has_services if one of these is in IP
 * @tag_mask: of a port: the bits of a TCI that are its to write
 * @priority_tag: what leaves without a tag gets one of VID 0; also of a rule
 * @slowly: of a port: more than @pcp says what leaves with which tag
 * @rules: of a port: so do rules
 * @mark_mask: of a rule: the bits of conntrack's mark that have its @number
 * @cos_mask: of a rule: the bits of skb->mark for the PCP of arrival, or 0
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
	union {		/* freed as one */
		u32 *priority;
		struct tunqos_arrival *arrival;
	};
	/* together, so that one test does for all */
	u8 encap_write : 1;
	u8 encap_more : 1;
	u8 pre_classify : 1;
	u8 class_more : 1;
	u8 class_via : 2;
	u8 decap_merge : 1;
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
		u8 arrival_tag[TUNQOS_ARRIVAL_LEN];
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
		struct {
			u8 protocol[TUNQOS_PORT_PROTOCOLS];
			u16 tag_mask;
			bool priority_tag;
			bool slowly;
			bool rules;
			/* of a rule */
			bool has_tag;	/* @arrival_tag */
			u8 number;	/* 1-254 */
			u32 cos_mask;
		};
	};
	struct tunqos_reasons __percpu *reasons;
	struct rcu_head rcu;
};

#endif /* TUNQOS_PATH_PROFILE_H */

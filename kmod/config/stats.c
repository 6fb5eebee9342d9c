// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters of bindings, allocated for many bindings at once: one by one the
 * kernel's allocator of per-CPU memory searches longer for each (7000
 * instructions with 2000 bindings) than all the rest of a binding takes.
 */

#include <linux/bitmap.h>
#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "path/count.h"
#include "config/binding.h"
#include "config/stats.h"

#define BLOCK_SLOTS	128	/* 8 KiB a CPU */

/**
 * struct tunqos_stats_block - counters of some bindings
 * @stats: of BLOCK_SLOTS bindings
 * @used: one bit for each slot that is taken
 * @count: of them
 * @list: in @open while a slot is free
 */
struct tunqos_stats_block {
	struct tunqos_stats __percpu *stats;
	DECLARE_BITMAP(used, BLOCK_SLOTS);
	unsigned int count;
	struct list_head list;
};

/* Slots are given back from RCU callbacks, in softirq context. */
static DEFINE_SPINLOCK(lock);
static LIST_HEAD(open);

static struct tunqos_stats_block *block_alloc(void)
{
	struct tunqos_stats_block *block;

	block = kzalloc(sizeof(*block), GFP_KERNEL_ACCOUNT);
	if (!block)
		return NULL;
	block->stats = __alloc_percpu_gfp(BLOCK_SLOTS *
					  sizeof(struct tunqos_stats),
					  __alignof__(struct tunqos_stats),
					  GFP_KERNEL_ACCOUNT);
	if (!block->stats) {
		kfree(block);
		return NULL;
	}
	return block;
}

/* A slot of a block that has one; false if no block has. */
static bool take(struct tunqos_binding *binding)
{
	struct tunqos_stats_block *block;
	int slot;

	block = list_first_entry_or_null(&open, struct tunqos_stats_block,
					 list);
	if (!block)
		return false;
	slot = find_first_zero_bit(block->used, BLOCK_SLOTS);
	__set_bit(slot, block->used);
	if (++block->count == BLOCK_SLOTS)
		list_del_init(&block->list);
	binding->stats = block->stats + slot;
	binding->stats_block = block;
	return true;
}

/**
 * tunqos_stats_get() - give a binding its counters, all zero
 * @binding: nobody sees it yet
 *
 * Context: process, sleeps.
 * Return: 0 or -ENOMEM.
 */
int tunqos_stats_get(struct tunqos_binding *binding)
{
	struct tunqos_stats_block *block;
	bool taken;

	spin_lock_bh(&lock);
	taken = take(binding);
	spin_unlock_bh(&lock);
	if (!taken) {
		block = block_alloc();
		if (!block)
			return -ENOMEM;
		spin_lock_bh(&lock);
		list_add(&block->list, &open);
		take(binding);
		spin_unlock_bh(&lock);
	}
	return 0;
}

/*
 * Takes them back, and clears them for the next binding: a big configuration
 * takes many at once, and on each CPU. Context: softirq; no packet sees the
 * binding any more.
 */
void tunqos_stats_put(struct tunqos_binding *binding)
{
	struct tunqos_stats_block *block = binding->stats_block;
	bool empty;
	int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(binding->stats, cpu), 0,
		       sizeof(*binding->stats));
	spin_lock_bh(&lock);
	__clear_bit(binding->stats - block->stats, block->used);
	empty = !--block->count;
	if (empty)
		list_del(&block->list);
	else if (list_empty(&block->list))
		list_add(&block->list, &open);
	spin_unlock_bh(&lock);
	if (empty) {
		free_percpu(block->stats);
		kfree(block);
	}
}

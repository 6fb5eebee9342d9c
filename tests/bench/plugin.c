// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin of QEMU (TCG): instructions executed between two marks, by address.
 *
 * A mark is a NOP that no compiler makes, with 32 bits of its own; see
 * lib/marks.py. Each stop mark writes one file, OUT.0, OUT.1 and so on: a line
 * 'address instructions' for each block of code. The prototypes are those of
 * version 1 of QEMU's interface, for which Debian packages no header.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *
qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*call)(uint64_t id,
							struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op,
					      void *value, uint64_t add);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*call)(unsigned int cpu,
							 void *data),
					    int flags, void *data);

#define EXPORT __attribute__((visibility("default")))
#define ADD_U64 0
#define NO_REGISTERS 0
#define BUCKETS (1 << 16)

EXPORT int qemu_plugin_version = 1;

static const unsigned char mark[] = { 0x0f, 0x1f, 0x80, 'b', 'n', 'c' };
enum { START = 'h', STOP = 'H', MARK_BYTES = sizeof(mark) + 1 };

/* Code that is translated again goes on counting in the same place. */
struct block {
	struct block *next;
	uint64_t address;
	uint64_t insns;
};

static struct block *blocks[BUCKETS];
static const char *out = "profile";
static int files;

static struct block *find(uint64_t address)
{
	struct block **at = &blocks[(address >> 2 ^ address >> 18) % BUCKETS];

	for (; *at; at = &(*at)->next) {
		if ((*at)->address == address)
			return *at;
	}
	*at = calloc(1, sizeof(**at));
	if (!*at)
		abort();
	(*at)->address = address;
	return *at;
}

static void start(unsigned int cpu, void *data)
{
	for (int i = 0; i < BUCKETS; i++) {
		for (struct block *b = blocks[i]; b; b = b->next)
			b->insns = 0;
	}
}

static void stop(unsigned int cpu, void *data)
{
	char name[4096];
	FILE *f;

	snprintf(name, sizeof(name), "%s.%d", out, files++);
	f = fopen(name, "w");
	if (!f)
		abort();
	for (int i = 0; i < BUCKETS; i++) {
		for (struct block *b = blocks[i]; b; b = b->next) {
			if (b->insns)
				fprintf(f, "%" PRIx64 " %" PRIu64 "\n",
					b->address, b->insns);
		}
	}
	fclose(f);
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	qemu_plugin_register_vcpu_tb_exec_inline(
		tb, ADD_U64, &find(qemu_plugin_tb_vaddr(tb))->insns, n);
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const unsigned char *bytes = qemu_plugin_insn_data(insn);

		if (qemu_plugin_insn_size(insn) != MARK_BYTES ||
		    memcmp(bytes, mark, sizeof(mark)))
			continue;
		qemu_plugin_register_vcpu_insn_exec_cb(
			insn, bytes[sizeof(mark)] == STOP ? stop : start,
			NO_REGISTERS, NULL);
	}
}

EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *info,
			       int argc, char **argv)
{
	if (argc > 0 && !strncmp(argv[0], "out=", 4))
		out = strdup(argv[0] + 4);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}

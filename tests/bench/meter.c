// SPDX-License-Identifier: GPL-2.0-or-later
//
// Preloaded into tunqosd: what generic netlink costs, call by call. In a guest
// whose time stamp counter advances by one with each instruction, the
// difference of two readings around a system call is what the kernel did for it.
//
// The sums are in the file TUNQOS_METER (shared memory, so that they can be read
// while the daemon runs): a struct row for each kind of call.
//
// TUNQOS_METER_MARK is the number of a command whose sends stand between the
// marks of plugin.c; that of the row of events: all that is sent to rtnetlink, and
// received from it.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define FDS 1024
#define COMMANDS 32
// The row of what is only received: multicast.
#define EVENTS (COMMANDS - 1)
// The row of the controller of generic netlink, and of requests before that.
#define CONTROLLER 0

struct row {
	uint64_t calls;
	uint64_t bytes;
	uint64_t instructions;
};

// [command][0]: sent, [1]: received in answer to it
static struct row (*rows)[2];
// 0: not asked yet, 1: something else, 2: generic netlink, 3: rtnetlink
static char kind[FDS];
static unsigned char last[FDS];
static int marked = -1;

static uint64_t now(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

__attribute__((constructor)) static void open_file(void)
{
	const char *path = getenv("TUNQOS_METER");
	const char *command = getenv("TUNQOS_METER_MARK");
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
	size_t size = COMMANDS * sizeof(*rows);

	if (fd < 0 || ftruncate(fd, size))
		abort();
	rows = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (rows == MAP_FAILED)
		abort();
	close(fd);
	memset(last, EVENTS, sizeof(last));
	if (command)
		marked = atoi(command);
}

static void mark_start(void)
{
	__asm__ volatile(".byte 0x0f, 0x1f, 0x80, 'b', 'n', 'c', 'h'" ::: "memory");
}

static void mark_stop(void)
{
	__asm__ volatile(".byte 0x0f, 0x1f, 0x80, 'b', 'n', 'c', 'H'" ::: "memory");
}

static void learn(int fd)
{
	int domain = 0, protocol = 0;
	socklen_t size = sizeof(int);

	if (fd < 0 || fd >= FDS || kind[fd])
		return;
	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
	getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size);
	kind[fd] = domain != AF_NETLINK	       ? 1 :
		   protocol == NETLINK_GENERIC ? 2 :
		   protocol == NETLINK_ROUTE   ? 3 :
						 1;
}

static unsigned char command(const void *data, size_t size)
{
	const struct nlmsghdr *message = data;
	const struct genlmsghdr *genl = NLMSG_DATA(message);

	if (size < NLMSG_HDRLEN + GENL_HDRLEN ||
	    message->nlmsg_type == GENL_ID_CTRL || genl->cmd >= EVENTS)
		return CONTROLLER;
	return genl->cmd;
}

static void count(int fd, int received, ssize_t bytes, uint64_t took)
{
	struct row *row = &rows[last[fd]][received];

	row->calls++;
	row->instructions += took;
	if (bytes > 0)
		row->bytes += bytes;
}

// Calls the C library's function of this name, and counts it.
#define METER(fd, received, name, ...)                                         \
	({                                                                     \
		static __typeof__(&name) real;                                 \
		bool ours = fd >= 0 && fd < FDS && kind[fd] == 2;              \
		bool mark = marked == EVENTS ?                                 \
				    fd >= 0 && fd < FDS && kind[fd] == 3 :     \
				    ours && !received && last[fd] == marked;   \
		uint64_t start;                                                \
		ssize_t done;                                                  \
		if (!real)                                                     \
			real = (__typeof__(real))dlsym(RTLD_NEXT, #name);      \
		if (mark)                                                      \
			mark_start();                                          \
		start = now();                                                 \
		done = real(__VA_ARGS__);                                      \
		start = now() - start;                                         \
		if (mark)                                                      \
			mark_stop();                                           \
		if (ours)                                                      \
			count(fd, received, done, start);                      \
		done;                                                          \
	})

// What is freed then is part of what the transaction costs. The descriptor's kind
// is known by now, or it has sent and received nothing.
int close(int fd)
{
	int done = METER(fd, 0, close, fd);

	if (fd >= 0 && fd < FDS) {
		kind[fd] = 0;
		last[fd] = EVENTS;
	}
	return done;
}

ssize_t sendto(int fd, const void *data, size_t size, int flags,
	       const struct sockaddr *to, socklen_t length)
{
	learn(fd);
	if (fd >= 0 && fd < FDS)
		last[fd] = command(data, size);
	return METER(fd, 0, sendto, fd, data, size, flags, to, length);
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	learn(fd);
	if (fd >= 0 && fd < FDS)
		last[fd] = command(msg->msg_iov->iov_base, msg->msg_iov->iov_len);
	return METER(fd, 0, sendmsg, fd, msg, flags);
}

ssize_t recvfrom(int fd, void *restrict data, size_t size, int flags,
		 struct sockaddr *restrict from, socklen_t *restrict length)
{
	learn(fd);
	return METER(fd, 1, recvfrom, fd, data, size, flags, from, length);
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	learn(fd);
	return METER(fd, 1, recvmsg, fd, msg, flags);
}

ssize_t recv(int fd, void *data, size_t size, int flags)
{
	learn(fd);
	return METER(fd, 1, recv, fd, data, size, flags);
}

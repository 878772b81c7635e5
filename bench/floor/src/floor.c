/*
 * floor is the least that a server of snapshots can do: once per tick, read what each client has said and send each client one
 * frame, all the same and made before. There is no handshake, no state and nothing to encode.
 *
 *     floor GROUPS CLIENTS RATE BYTES
 *
 * CLIENTS sockets per group, RATE ticks a second, frames with a payload of BYTES that begins with the tick as 32 bits, big endian.
 * It prints its port and runs until it is killed. Like a room of ours, a group has an epoll set of its own, and the groups take
 * turns within a tick; it all happens in one thread.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHECK(call) \
	do { \
		if ((call) < 0) { \
			fprintf(stderr, "floor: %s: %s\n", #call, strerror(errno)); \
			exit(1); \
		} \
	} while (0)

struct group {
	int epoll, n;
	int *fds;
};

static void take(int listener, struct group *g)
{
	int one = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	struct epoll_event e = {.events = EPOLLIN | EPOLLET, .data.fd = fd};
	CHECK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
	CHECK(epoll_ctl(g->epoll, EPOLL_CTL_ADD, fd, &e));
	g->fds[g->n++] = fd;
}

static void step(struct group *g, const uint8_t *frame, size_t size)
{
	static struct epoll_event events[512];
	static uint8_t input[4096];
	for (int n;;) {
		CHECK(n = epoll_wait(g->epoll, events, 512, 0));
		for (int i = 0; i < n; i++)
			(void)!read(events[i].data.fd, input, sizeof input);
		if (n < 512)
			break;
	}
	for (int i = 0; i < g->n; i++) /* a client that is behind, or gone, gets nothing */
		(void)!send(g->fds[i], frame, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: floor GROUPS CLIENTS RATE BYTES\n");
		return 2;
	}
	int groups = atoi(argv[1]), clients = atoi(argv[2]), rate = atoi(argv[3]), bytes = atoi(argv[4]);
	if (groups < 1 || clients < 1 || rate < 1 || bytes < 4 || bytes > 65535) {
		fprintf(stderr, "floor: GROUPS, CLIENTS and RATE are at least 1, BYTES 4 to 65535\n");
		return 2;
	}

	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof addr;
	int listener;
	CHECK(listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
	CHECK(bind(listener, (struct sockaddr *)&addr, sizeof addr));
	CHECK(listen(listener, 4096));
	CHECK(getsockname(listener, (struct sockaddr *)&addr, &len));
	printf("%d\n", ntohs(addr.sin_port));
	fflush(stdout);

	struct group *all = calloc(groups, sizeof *all);
	for (int i = 0; i < groups; i++) {
		CHECK(all[i].epoll = epoll_create1(EPOLL_CLOEXEC));
		all[i].fds = calloc(clients, sizeof *all[i].fds);
	}

	/* The frame of a server: binary, not masked, its length in 7 or 16 bits. */
	static uint8_t frame[4 + 65536];
	size_t head = bytes < 126 ? 2 : 4;
	frame[0] = 0x82;
	frame[1] = bytes < 126 ? bytes : 126;
	if (head == 4) {
		frame[2] = bytes >> 8;
		frame[3] = bytes;
	}

	struct timespec start;
	CHECK(clock_gettime(CLOCK_MONOTONIC, &start));
	int open = 0; /* the first group that has a place */
	for (uint64_t turn = 0;; turn++) {
		int64_t after = (int64_t)(turn * 1000000000.0 / rate / groups);
		struct timespec due = {start.tv_sec + after / 1000000000, start.tv_nsec + after % 1000000000};
		if (due.tv_nsec >= 1000000000) {
			due.tv_sec++;
			due.tv_nsec -= 1000000000;
		}
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR)
			;
		if (open < groups) {
			for (int i = 0; i < 16; i++) {
				if (open < groups && all[open].n == clients)
					open++;
				if (open < groups)
					take(listener, &all[open]);
			}
		}
		uint32_t tick = htonl(turn / groups + 1);
		memcpy(frame + head, &tick, sizeof tick);
		step(&all[turn % groups], frame, head + bytes);
	}
}

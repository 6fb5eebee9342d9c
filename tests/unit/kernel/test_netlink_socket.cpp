// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a netlink socket makes of answers that come late, from others, broken or not at all.
#include "kernel/netlink_socket.hpp"

#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>

#include "catch.hpp"

using namespace tunqos::kernel;

namespace {

constexpr std::uint16_t answer_type = 0x20;

// A socket to which a test says what the kernel sends.
class Scripted final : public NetlinkSocket {
public:
    struct Step {
        int error = 0; // of the system call
        Bytes bytes;
        std::uint32_t sender = 0;
        bool cut = false;
    };
    std::deque<Step> steps;
    int sent = 0, renewed = 0;

    using NetlinkSocket::port;

    void put_from(std::uint32_t sender, const Bytes& bytes) {
        steps.push_back({0, bytes, sender, false});
    }
    void put_cut(const Bytes& bytes) { steps.push_back({0, bytes, 0, true}); }
    void fail(int error) { steps.push_back({error, {}, 0, false}); }
    void put(const Bytes& bytes) { steps.push_back({0, bytes, 0, false}); }

    Bytes message(std::uint16_t type, std::uint32_t seq, std::uint16_t flags = 0,
                  std::optional<int> payload = {}) const {
        return message_for(port(), type, seq, flags, payload);
    }
    static Bytes message_for(std::uint32_t to, std::uint16_t type, std::uint32_t seq,
                             std::uint16_t flags = 0, std::optional<int> payload = {}) {
        Bytes bytes(sizeof(nlmsghdr) + (payload ? sizeof(int) : 0));
        const nlmsghdr header{static_cast<std::uint32_t>(bytes.size()), type, flags, seq, to};
        std::memcpy(bytes.data(), &header, sizeof header);
        if (payload) std::memcpy(bytes.data() + sizeof header, &*payload, sizeof(int));
        return bytes;
    }
    // NLMSG_ERROR: an acknowledgement, or a refusal.
    Bytes ack(std::uint32_t seq, int error = 0) const {
        nlmsgerr body{};
        body.error = -error;
        body.msg.nlmsg_seq = seq;
        Bytes bytes = message(NLMSG_ERROR, seq);
        const auto* const from = reinterpret_cast<const std::uint8_t*>(&body);
        bytes.insert(bytes.end(), from, from + sizeof body);
        const auto size = static_cast<std::uint32_t>(bytes.size());
        std::memcpy(bytes.data(), &size, sizeof size);
        return bytes;
    }

    // A dump with this number; the sequence numbers of what it was given.
    tl::expected<std::vector<Refusal>, int> ask(std::uint32_t seq) {
        seen.clear();
        return dump(message(answer_type, seq), seq,
                    [this](const nlmsghdr* header) { seen.push_back(header->nlmsg_seq); });
    }
    std::vector<std::uint32_t> seen;

protected:
    tl::expected<Datagram, int> receive(std::span<std::uint8_t> buffer, int) override {
        if (steps.empty()) return tl::make_unexpected(EAGAIN);
        const Step step = std::move(steps.front());
        steps.pop_front();
        if (step.error != 0) return tl::make_unexpected(step.error);
        std::copy(step.bytes.begin(), step.bytes.end(), buffer.begin());
        return Datagram{step.bytes.size(), step.sender, step.cut};
    }
    int send(std::span<const std::uint8_t>) override {
        ++sent;
        return 0;
    }
    void renew() override {
        ++renewed;
        steps.clear(); // what was on its way went to the socket that is gone
    }
};

Bytes operator+(Bytes first, const Bytes& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

using Seen = std::vector<std::uint32_t>;

} // namespace

TEST_CASE("a dump is given its own answers and no others") {
    Scripted socket;
    const std::uint32_t other = socket.port() + 1;
    socket.put(socket.message(answer_type, 4)); // of an earlier request
    socket.put(socket.message(NLMSG_DONE, 4, 0, 0));
    socket.put(Scripted::message_for(other, answer_type, 5)); // to somebody else
    socket.put_from(77, socket.message(answer_type, 5));      // from another process
    socket.put_from(77, socket.message(NLMSG_DONE, 5, 0, 0));
    socket.put(socket.message(NLMSG_NOOP, 5) + socket.message(answer_type, 5));
    socket.put(socket.message(answer_type, 5) + socket.message(NLMSG_DONE, 5, 0, 0));
    const auto answer = socket.ask(5);
    REQUIRE(answer);
    CHECK(answer->empty());
    CHECK(socket.seen == Seen{5, 5});
    CHECK(socket.renewed == 0);
}

TEST_CASE("after lost answers the rest of them is not taken for those of the next request") {
    Scripted socket;
    socket.put(socket.message(answer_type, 5));
    socket.fail(ENOBUFS);
    for (int i = 0; i < 1060; ++i)
        socket.put(socket.message(answer_type, 5));
    const auto lost = socket.ask(5);
    REQUIRE_FALSE(lost);
    CHECK(lost.error() == ENOBUFS);
    CHECK(socket.renewed == 0);
    // The next one has a socket of its own, and numbers of its own even without.
    static_cast<void>(socket.ask(6));
    CHECK(socket.renewed == 1);
    CHECK(socket.seen.empty());
}

TEST_CASE("whatever ends an exchange before its end spoils the socket") {
    Scripted socket;
    int expected = 0;
    SECTION("no answer") {
        expected = ETIMEDOUT;
    }
    SECTION("a datagram that did not fit") {
        socket.put_cut(socket.message(answer_type, 5));
        expected = EMSGSIZE;
    }
    SECTION("half a message") {
        Bytes half = socket.message(answer_type, 5);
        half.resize(half.size() - 4);
        socket.put(socket.message(answer_type, 5) + half);
        expected = EBADMSG;
    }
    SECTION("an error that is none") {
        socket.put(socket.message(NLMSG_ERROR, 5, 0, 1));
        expected = EBADMSG;
    }
    SECTION("an overrun") {
        socket.put(socket.message(NLMSG_OVERRUN, 0));
        expected = ENOBUFS;
    }
    SECTION("an error at the end of a dump") {
        socket.put(socket.message(answer_type, 5));
        socket.put(socket.message(NLMSG_DONE, 5, 0, -EMFILE));
        expected = EMFILE;
    }
    const auto answer = socket.ask(5);
    REQUIRE_FALSE(answer);
    CHECK(answer.error() == expected);
    static_cast<void>(socket.ask(6));
    CHECK(socket.renewed == 1);
}

TEST_CASE("a dump that changed while it was read is said to have, at its end") {
    Scripted socket;
    socket.put(socket.message(answer_type, 5, NLM_F_DUMP_INTR));
    socket.put(socket.message(answer_type, 5));
    socket.put(socket.message(NLMSG_DONE, 5, 0, 0));
    const auto interrupted = socket.ask(5);
    REQUIRE_FALSE(interrupted);
    CHECK(interrupted.error() == EINTR);
    // Of another dump it says nothing, and the socket is as good as new.
    socket.put(socket.message(answer_type, 5, NLM_F_DUMP_INTR));
    socket.put(socket.message(NLMSG_DONE, 6, 0, 0));
    CHECK(socket.ask(6));
    CHECK(socket.renewed == 0);
}

TEST_CASE("a batch takes the refusals of its own messages") {
    Scripted socket;
    const Bytes batch = socket.message(answer_type, 7) + socket.message(answer_type, 8) +
                        socket.message(answer_type, 9);
    socket.put(socket.ack(6, EINVAL)); // of the one before
    socket.put(socket.ack(10, EINVAL));
    socket.put(socket.ack(7, EEXIST));
    socket.put(socket.ack(9));
    const auto refusals = socket.exchange(batch, 9);
    REQUIRE(refusals);
    REQUIRE(refusals->size() == 1);
    CHECK(refusals->front().seq == 7);
    CHECK(refusals->front().error == EEXIST);
}

TEST_CASE("sequence numbers run over") {
    Scripted socket;
    const Bytes batch = socket.message(answer_type, UINT32_MAX) + socket.message(answer_type, 0);
    socket.put(socket.ack(UINT32_MAX - 1, EINVAL));
    socket.put(socket.ack(1, EINVAL));
    socket.put(socket.ack(UINT32_MAX, EEXIST));
    socket.put(socket.ack(0));
    const auto refusals = socket.exchange(batch, 0);
    REQUIRE(refusals);
    CHECK(refusals->size() == 1);
}

TEST_CASE("events that were lost are told of, and those of other processes are none") {
    Scripted socket;
    Seen seen;
    const auto read = [&] {
        seen.clear();
        return socket.receive_ready(
            [&](const nlmsghdr* header) { seen.push_back(header->nlmsg_seq); });
    };
    socket.put_from(77, Scripted::message_for(0, answer_type, 1));
    socket.put(Scripted::message_for(0, answer_type, 2));
    CHECK_FALSE(read());
    CHECK(seen == Seen{2});
    socket.fail(ENOBUFS);
    socket.put(Scripted::message_for(0, answer_type, 3));
    CHECK(read());
    CHECK(seen == Seen{3});
    socket.put_cut(Scripted::message_for(0, answer_type, 4));
    CHECK(read());
    socket.put(Scripted::message_for(0, NLMSG_OVERRUN, 0));
    CHECK(read());
    CHECK(seen.empty());
}

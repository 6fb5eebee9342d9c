// SPDX-License-Identifier: GPL-2.0-or-later
//
// What libnl leaves to its user: answers that come late, from others, broken or not at all.
#include "kernel/route_socket.hpp"

#include <linux/netlink.h>
#include <netlink/errno.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <vector>

#include "catch.hpp"

using namespace tunqos::kernel;

namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr std::uint16_t answer = 0x20;

// What the kernel sends, by the test's script. The library knows functions only, so there is one.
struct Script {
    struct Step {
        int result = 0; // of the library's receive; 0: the bytes
        Bytes bytes;
        std::uint32_t sender = 0;
    };
    std::deque<Step> steps;
    int then = -NLE_AGAIN; // what comes of a receive behind the last step
    bool refuses_to_send = false;
    std::vector<std::uint32_t> asked; // sequence numbers of requests
    // What is sent back to each request.
    std::function<void(std::uint32_t seq)> reply = [](std::uint32_t) {};
};
Script script;

int receive(nl_sock*, sockaddr_nl* from, unsigned char** buffer, ucred**) {
    if (script.steps.empty()) return script.then;
    const Script::Step step = std::move(script.steps.front());
    script.steps.pop_front();
    if (step.result != 0) return step.result;
    *from = {};
    from->nl_family = AF_NETLINK;
    from->nl_pid = step.sender;
    *buffer = static_cast<unsigned char*>(std::malloc(step.bytes.size()));
    std::memcpy(*buffer, step.bytes.data(), step.bytes.size());
    return static_cast<int>(step.bytes.size());
}

int send(nl_sock*, nl_msg* message) {
    if (script.refuses_to_send) return -NLE_NOMEM; // without an errno
    script.asked.push_back(nlmsg_hdr(message)->nlmsg_seq);
    script.reply(script.asked.back());
    return 1;
}

Bytes message(std::uint16_t type, std::uint32_t seq, std::uint16_t flags = 0,
              const Bytes& payload = {}) {
    Bytes bytes(sizeof(nlmsghdr));
    const nlmsghdr header{static_cast<std::uint32_t>(sizeof(nlmsghdr) + payload.size()), type,
                          flags, seq, 0};
    std::memcpy(bytes.data(), &header, sizeof header);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    return bytes;
}
Bytes number(int value) {
    Bytes bytes(sizeof value);
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}
Bytes done(std::uint32_t seq, int error = 0) {
    return message(NLMSG_DONE, seq, NLM_F_MULTI, number(-error));
}
// With the kernel's words in the extended ack.
Bytes refusal(std::uint32_t seq, int error, const std::string& words) {
    Bytes body(sizeof(nlmsgerr));
    const int negative = -error;
    std::memcpy(body.data(), &negative, sizeof negative);
    const auto size = static_cast<std::uint16_t>(NLA_HDRLEN + words.size() + 1);
    const nlattr head{size, NLMSGERR_ATTR_MSG};
    const auto* const at = reinterpret_cast<const std::uint8_t*>(&head);
    body.insert(body.end(), at, at + sizeof head);
    body.insert(body.end(), words.begin(), words.end());
    body.resize(NLA_ALIGN(sizeof(nlmsgerr) + size));
    return message(NLMSG_ERROR, seq, NLM_F_CAPPED | NLM_F_ACK_TLVS, body);
}
void put(const Bytes& bytes, std::uint32_t sender = 0) {
    script.steps.push_back({0, bytes, sender});
}

struct Asker {
    RouteSocket socket{RouteSocket::Use::requests, {receive, send}};
    NlMessage request{nlmsg_alloc_simple(answer, 0)};
    std::vector<std::uint32_t> seen;
    int begun = 0;

    explicit Asker(std::function<void(std::uint32_t)> reply) {
        script = {};
        script.reply = std::move(reply);
    }
    RouteError ask() {
        return socket.dump(
            request.get(), [this] { ++begun, seen.clear(); },
            [this](nl_msg* one) { seen.push_back(nlmsg_hdr(one)->nlmsg_seq); });
    }
};

} // namespace

TEST_CASE("rtnetlink: a dump is read to its end, and nobody else is listened to") {
    Asker asker([](std::uint32_t seq) {
        put(message(answer, seq, NLM_F_MULTI), 4711); // another process
        put(message(answer, seq - 1, NLM_F_MULTI));   // of a request before
        put(message(answer, seq, NLM_F_MULTI));
        put(message(answer, seq, NLM_F_MULTI));
        put(done(seq));
        put(message(answer, seq, NLM_F_MULTI));
    });
    CHECK_FALSE(asker.ask());
    CHECK(asker.seen == std::vector(2, script.asked.at(0)));
    CHECK(asker.begun == 1);
    CHECK(script.steps.size() == 1);
}

TEST_CASE("rtnetlink: the error that a dump ends with is told") {
    Asker asker([](std::uint32_t seq) { put(done(seq, EPERM)); });
    CHECK(asker.ask().error == EPERM);
    CHECK(asker.ask().text() == "Operation not permitted");
}

TEST_CASE("rtnetlink: a refusal has its errno and the kernel's words") {
    Asker asker([](std::uint32_t seq) { put(refusal(seq, EMLINK, "too many of them")); });
    const RouteError error = asker.ask();
    CHECK(error.error == EMLINK); // a number that the library has no word for
    CHECK(error.text() == "too many of them");
}

TEST_CASE("rtnetlink: what was interrupted is asked for again, five times") {
    int good_at = 3;
    Asker asker([&](std::uint32_t seq) {
        const bool good = static_cast<int>(script.asked.size()) == good_at;
        put(message(answer, seq, NLM_F_MULTI | (good ? 0 : NLM_F_DUMP_INTR)));
        put(done(seq));
    });
    CHECK_FALSE(asker.ask());
    CHECK(asker.begun == 3);
    CHECK(asker.seen == std::vector{script.asked.at(2)});
    good_at = 0;
    CHECK(asker.ask().error == EINTR);
    CHECK(asker.begun == 3 + 5);
}

TEST_CASE("rtnetlink: after an exchange that failed there is a new socket") {
    bool answers = false;
    Asker asker([&](std::uint32_t seq) {
        if (answers) put(done(seq));
    });
    const auto port = [&] {
        sockaddr_nl address{};
        socklen_t size = sizeof address;
        REQUIRE(getsockname(asker.socket.fd(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
        return address.nl_pid;
    };
    const auto before = port();
    CHECK(asker.ask().error == ETIMEDOUT);
    answers = true;
    CHECK_FALSE(asker.ask());
    const auto after = port();
    CHECK(after != before);
    CHECK_FALSE(asker.ask());
    CHECK(port() == after);
}

TEST_CASE("rtnetlink: what the library itself could not do has failed, too") {
    Asker asker([](std::uint32_t seq) { put(done(seq)); });
    script.refuses_to_send = true;
    errno = 0;
    CHECK(asker.ask().error == ENOMEM);
    script.refuses_to_send = false;
    CHECK_FALSE(asker.ask());
}

TEST_CASE("rtnetlink: lost answers, and a broken one") {
    Asker lost([](std::uint32_t) { script.steps.push_back({-NLE_NOMEM, {}, 0}); });
    CHECK(lost.ask().error == ENOBUFS);
    Asker cut([](std::uint32_t seq) {
        Bytes bytes = message(answer, seq, NLM_F_MULTI);
        bytes[0] = 200; // longer than what came
        put(bytes);
    });
    CHECK(cut.ask().error != 0);
}

TEST_CASE("rtnetlink: what a reader throws comes out, and the next dump is whole") {
    Asker asker([](std::uint32_t seq) {
        put(message(answer, seq, NLM_F_MULTI));
        put(done(seq));
    });
    const auto thrown = [&] {
        asker.socket.dump(
            asker.request.get(), [] {}, [](nl_msg*) { throw std::runtime_error("no"); });
    };
    CHECK_THROWS_AS(thrown(), std::runtime_error);
    script.steps.clear();
    CHECK_FALSE(asker.ask());
    CHECK(asker.seen.size() == 1);
}

TEST_CASE("rtnetlink: events are read as long as there are some, and losses told") {
    script = {};
    RouteSocket socket(RouteSocket::Use::events, {receive, send});
    std::vector<std::uint32_t> seen;
    const auto read = [&] {
        return socket.receive_ready(
            [&](nl_msg* one) { seen.push_back(nlmsg_hdr(one)->nlmsg_seq); });
    };
    put(message(answer, 5));
    put(message(answer, 0));
    put(message(answer, 6), 4711);
    CHECK_FALSE(read());
    CHECK(seen == std::vector<std::uint32_t>{5, 0});
    put(message(answer, 7));
    script.steps.push_back({-NLE_NOMEM, {}, 0}); // ENOBUFS, as the library says it
    put(message(answer, 8));
    CHECK(read());
    CHECK(seen == std::vector<std::uint32_t>{5, 0, 7, 8});
    CHECK_FALSE(read());
    // Out of memory for good: it comes to an end all the same.
    script.then = -NLE_NOMEM;
    CHECK(read());
}

TEST_CASE("rtnetlink: the socket has room for many events") {
    const RouteSocket socket(RouteSocket::Use::events);
    int size = 0;
    socklen_t length = sizeof size;
    REQUIRE(getsockopt(socket.fd(), SOL_SOCKET, SO_RCVBUF, &size, &length) == 0);
    CHECK(size > 300000); // twice the limit of those without the privilege
}

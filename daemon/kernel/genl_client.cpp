// SPDX-License-Identifier: GPL-2.0-or-later
//
// A change is begin, all operations, commit on a socket of its own: whatever goes wrong
// on the way, closing it drops the transaction. Commit is sent only when every operation
// was taken, since it would apply the others.
#include "kernel/genl_client.hpp"

#include <linux/genetlink.h>
#include <linux/tunqos.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "kernel/module_advice.hpp"

namespace tunqos::kernel {

namespace {

constexpr int dump_attempts = 5;
// One sendmsg(); the kernel's default limit of a socket's send buffer is 208 KiB.
constexpr std::size_t batch_size = 96U << 10U;

tl::unexpected<Error> error(Error::Kind kind, std::string path, std::string message) {
    return tl::make_unexpected(Error{kind, {{std::move(path), std::move(message)}}});
}

tl::unexpected<Error> no_module() {
    return error(Error::Kind::no_module, "", module_advice());
}

tl::unexpected<Error> not_permitted() {
    return error(Error::Kind::not_permitted, "",
                 "the kernel does not permit it; the daemon needs CAP_NET_ADMIN");
}

tl::unexpected<Error> broken(int number) {
    return error(Error::Kind::broken, "",
                 number == ETIMEDOUT ? "the module does not answer"
                                     : std::string("netlink: ") + std::strerror(number));
}

// The list changed while it was read (NLM_F_DUMP_INTR), or a part of it did not arrive: entries
// may be missing.
bool worth_another_try(int number) {
    return number == EINTR || number == ENOBUFS;
}

std::string refusal_text(const Refusal& refusal, const std::string& attribute) {
    std::string text = refusal.message.empty() ? std::strerror(refusal.error) : refusal.message;
    return attribute.empty() ? text : text + " (" + attribute + ')';
}

// What the module calls "tunnel gre1" or "port eth1.10" is an interface here, and what it calls
// "ipsec peer 192.0.2.1" is one of these crypto maps.
Problem in_our_words(const std::string& text, std::span<const Operation> operations) {
    for (const auto& operation : operations) {
        const std::string name = module_name(operation) + ": ";
        if (text.starts_with(name)) return {object_of(operation), text.substr(name.size())};
    }
    for (const std::string_view word : {"tunnel ", "port "}) {
        const auto colon = text.find(": ");
        if (text.compare(0, word.size(), word) != 0 || colon == std::string::npos) continue;
        return {"interface " + text.substr(word.size(), colon - word.size()),
                text.substr(colon + 2)};
    }
    return {"", text};
}

// begin, commit, get-info: a request that names no object.
tl::unexpected<Error> refused(const Refusal& refusal) {
    if (refusal.error == ENOENT) return no_module(); // the family's number is gone
    if (refusal.error == EPERM) return not_permitted();
    return error(Error::Kind::refused, "", refusal_text(refusal, ""));
}

// Operations on their way, and what is needed to explain a refusal of one.
class Batch {
public:
    bool fits(std::size_t size) const {
        return bytes_.empty() || bytes_.size() + size <= batch_size;
    }
    bool empty() const { return bytes_.empty(); }

    void add(const Message& message, std::uint32_t seq, const Operation& operation) {
        const auto bytes = message.bytes();
        entries_.push_back({seq, bytes_.size(), bytes.size(), &operation});
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }

    // Only the last is acknowledged: refusals come anyway, and in order.
    tl::expected<std::vector<Refusal>, int> send(NetlinkSocket& socket) {
        auto* last = reinterpret_cast<nlmsghdr*>(bytes_.data() + entries_.back().offset);
        last->nlmsg_flags = static_cast<std::uint16_t>(last->nlmsg_flags | NLM_F_ACK);
        return socket.exchange(bytes_, last->nlmsg_seq);
    }

    Problem explain(const Refusal& refusal) const {
        for (const auto& entry : entries_) {
            if (entry.seq != refusal.seq) continue;
            const std::span<const std::uint8_t> request(bytes_.data() + entry.offset, entry.size);
            return {object_of(*entry.operation),
                    refusal_text(refusal, refusal.offset ? attribute_at(request, *refusal.offset)
                                                         : std::string())};
        }
        return {"", refusal_text(refusal, "")};
    }

    void clear() {
        bytes_.clear();
        entries_.clear();
    }

private:
    struct Entry {
        std::uint32_t seq;
        std::size_t offset, size; // in bytes_
        const Operation* operation;
    };
    Bytes bytes_;
    std::vector<Entry> entries_;
};

// begin and commit, and all that the transaction's socket is used for.
class Transaction {
public:
    explicit Transaction(Family family) : family_(family) {}

    KernelResult<void> run(std::uint32_t generation, std::span<const Operation> operations) {
        const std::uint32_t seq = socket_.next_seq();
        Message begin(family_.id, NLM_F_ACK, TUNQOS_CMD_BEGIN, TUNQOS_GENL_VERSION, seq);
        begin.put_u32(TUNQOS_A_INFO_GENERATION, generation);
        return single(begin, seq).and_then([&] { return stage(operations); }).and_then([&] {
            return commit(operations);
        });
    }

private:
    KernelResult<void> single(const Message& message, std::uint32_t seq) {
        const auto refusals = socket_.exchange(message.bytes(), seq);
        if (!refusals) return broken(refusals.error());
        if (!refusals->empty()) return refused(refusals->front());
        return {};
    }

    KernelResult<void> stage(std::span<const Operation> operations) {
        Batch batch;
        for (const auto& operation : operations) {
            const std::uint32_t seq = socket_.next_seq();
            const Message message = encode(operation, family_.id, 0, seq);
            if (!batch.fits(message.bytes().size())) {
                if (auto sent = flush(batch); !sent) return sent;
            }
            batch.add(message, seq, operation);
        }
        return flush(batch);
    }

    KernelResult<void> flush(Batch& batch) {
        if (batch.empty()) return {};
        const auto refusals = batch.send(socket_);
        if (!refusals) return broken(refusals.error());
        if (!refusals->empty()) {
            Error all{Error::Kind::refused, {}};
            for (const auto& refusal : *refusals)
                all.problems.push_back(batch.explain(refusal));
            return tl::make_unexpected(std::move(all));
        }
        batch.clear();
        return {};
    }

    KernelResult<void> commit(std::span<const Operation> operations) {
        const std::uint32_t seq = socket_.next_seq();
        const Message message(family_.id, NLM_F_ACK, TUNQOS_CMD_COMMIT, TUNQOS_GENL_VERSION, seq);
        const auto refusals = socket_.exchange(message.bytes(), seq);
        if (!refusals) return broken(refusals.error());
        // ENOENT is a removal of what is not there: begin has found the family.
        if (!refusals->empty())
            return tl::make_unexpected(
                Error{Error::Kind::refused,
                      {in_our_words(refusal_text(refusals->front(), ""), operations)}});
        return {};
    }

    NetlinkSocket socket_;
    Family family_;
};

} // namespace

std::optional<Family> find_family(NetlinkSocket& socket) {
    std::optional<Family> family;
    const auto on_message = [&](const nlmsghdr* message) {
        if (auto found = decode_family(message, TUNQOS_GENL_NAME)) family = *found;
    };
    constexpr std::uint8_t version = 1;
    for (int attempt = 1; attempt <= dump_attempts; ++attempt) {
        family.reset();
        const std::uint32_t seq = socket.next_seq();
        // Asking by name would have the kernel look for a module; listing does not.
        const Message message(GENL_ID_CTRL, NLM_F_DUMP, CTRL_CMD_GETFAMILY, version, seq);
        const auto refusals = socket.exchange(message.bytes(), seq, on_message);
        // A list that was not read to its end says nothing of who is missing.
        if (refusals || !worth_another_try(refusals.error())) break;
    }
    return family;
}

// The family's number that is remembered may be that of a module which is gone: the
// callers find out by ENOENT and come back here once.
KernelResult<Family> GenlClient::family() {
    if (!family_) family_ = find_family(socket_);
    if (!family_) return no_module();
    return *family_;
}

KernelResult<Info> GenlClient::info() {
    for (int attempt = 0; attempt < 2; ++attempt) {
        const auto found = family();
        if (!found) return tl::make_unexpected(found.error());
        std::optional<Info> info;
        const std::uint32_t seq = socket_.next_seq();
        const Message message(found->id, NLM_F_ACK, TUNQOS_CMD_GET_INFO, TUNQOS_GENL_VERSION, seq);
        const auto refusals = socket_.exchange(message.bytes(), seq, [&](const nlmsghdr* answer) {
            if (command_of(answer) == TUNQOS_CMD_GET_INFO) info = decode_info(answer);
        });
        if (!refusals) return broken(refusals.error());
        if (refusals->empty()) return info ? KernelResult<Info>(*info) : broken(EBADMSG);
        if (refusals->front().error != ENOENT) return refused(refusals->front());
        family_.reset();
    }
    return no_module();
}

KernelResult<void> GenlClient::dump(std::uint8_t command, const std::function<void()>& restart,
                                    const NetlinkSocket::OnMessage& on_message) {
    const auto found = info(); // finds the family again if it has to
    if (!found) return tl::make_unexpected(found.error());
    for (int attempt = 1;; ++attempt) {
        restart();
        const std::uint32_t seq = socket_.next_seq();
        const Message message(family_->id, NLM_F_DUMP, command, TUNQOS_GENL_VERSION, seq);
        const auto refusals = socket_.dump(message.bytes(), seq, on_message);
        if (refusals && refusals->empty()) return {};
        if (refusals) return refused(refusals->front());
        if (!worth_another_try(refusals.error()) || attempt == dump_attempts)
            return broken(refusals.error());
    }
}

template <typename Value, typename Decode>
KernelResult<std::vector<Value>> GenlClient::collect(std::uint8_t command, const Decode& decode) {
    std::vector<Value> values;
    const auto done = dump(
        command, [&] { values.clear(); },
        [&](const nlmsghdr* message) {
            if (auto value = decode(message)) values.push_back(std::move(*value));
        });
    if (!done) return tl::make_unexpected(done.error());
    return values;
}

KernelResult<std::vector<TunnelStatus>> GenlClient::tunnels() {
    return collect<TunnelStatus>(TUNQOS_CMD_GET_TUNNEL, decode_tunnel);
}

KernelResult<std::vector<PortStatus>> GenlClient::ports() {
    return collect<PortStatus>(TUNQOS_CMD_GET_PORT, decode_port);
}

// An older module would refuse the question.
KernelResult<std::vector<RuleStatus>> GenlClient::rules() {
    const auto found = info();
    if (!found) return tl::make_unexpected(found.error());
    if ((found->capabilities & TUNQOS_CAPABILITY_RULES) == 0) return {};
    return collect<RuleStatus>(TUNQOS_CMD_GET_RULE, decode_rule);
}

KernelResult<std::vector<Reason>> GenlClient::reasons() {
    return collect<Reason>(TUNQOS_CMD_GET_REASON, decode_reason);
}

KernelResult<void> GenlClient::apply(std::uint32_t generation,
                                     std::span<const Operation> operations) {
    const auto found = family();
    if (!found) return tl::make_unexpected(found.error());
    try {
        return Transaction(*found).run(generation, operations);
    } catch (const std::system_error& failure) {
        return broken(failure.code().value());
    }
}

} // namespace tunqos::kernel

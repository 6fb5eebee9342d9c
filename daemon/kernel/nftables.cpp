// SPDX-License-Identifier: GPL-2.0-or-later
//
// A context is made for each command: it reads the ruleset anew anyway, and what it remembers of
// a large one is not kept in memory for the next change, which may be in a year.
#include "kernel/nftables.hpp"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <nftables/libnftables.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include "kernel/loaded.hpp"

namespace tunqos::kernel {

namespace {

constexpr std::size_t head = MNL_ALIGN(sizeof(nfgenmsg));
constexpr unsigned plain = NFT_CTX_OUTPUT_NUMERIC_ALL | NFT_CTX_OUTPUT_STATELESS;

struct Free {
    void operator()(nft_ctx* context) const { nft_ctx_free(context); }
};
using Context = std::unique_ptr<nft_ctx, Free>;

enum class Run { dry, real };

tl::unexpected<Error> error(Error::Kind kind, std::string message) {
    return tl::make_unexpected(Error{kind, {{"nftables", std::move(message)}}});
}

// The library ends the process where there is no such socket.
int try_socket() {
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    if (fd < 0) return errno;
    close(fd);
    return 0;
}

// "internal:6:67-67: Error: syntax error, unexpected '}'" is the first line of several; the place
// is one in a text that nobody has typed.
std::string first_error(std::string_view said) {
    constexpr std::string_view mark = "Error: ";
    const auto at = said.find(mark);
    if (at != std::string_view::npos) said.remove_prefix(at + mark.size());
    said = said.substr(0, said.find('\n'));
    return said.empty() ? "the ruleset is refused without a reason" : std::string(said);
}

tl::unexpected<Error> failed(std::string_view said) {
    std::string text = first_error(said);
    const bool permitted = text.find(std::strerror(EPERM)) == std::string::npos;
    return error(permitted ? Error::Kind::refused : Error::Kind::not_permitted, std::move(text));
}

// What the command prints.
KernelResult<std::string> run(const std::string& command, Run how, unsigned flags = plain) {
    if (const int number = try_socket())
        return error(Error::Kind::broken,
                     std::string("the kernel has no netfilter: ") + std::strerror(number));
    const Context context(nft_ctx_new(NFT_CTX_DEFAULT));
    if (!context || nft_ctx_buffer_output(context.get()) != 0 ||
        nft_ctx_buffer_error(context.get()) != 0)
        return error(Error::Kind::broken, "libnftables cannot be used: no memory");
    nft_ctx_output_set_flags(context.get(), flags);
    nft_ctx_set_dry_run(context.get(), how == Run::dry);
    if (nft_run_cmd_from_buffer(context.get(), command.c_str()) != 0)
        return failed(nft_ctx_get_error_buffer(context.get()));
    return std::string(nft_ctx_get_output_buffer(context.get()));
}

Bytes ask_generation(std::uint32_t seq) {
    Bytes buffer(MNL_NLMSG_HDRLEN + head);
    nlmsghdr* const message = mnl_nlmsg_put_header(buffer.data());
    message->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    message->nlmsg_seq = seq;
    mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg));
    return buffer;
}

std::optional<std::uint32_t> decode_generation(const nlmsghdr* message) {
    std::optional<std::uint32_t> found;
    const std::size_t size = mnl_nlmsg_get_payload_len(message);
    if (message->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN) || size < head)
        return found;
    const auto* const payload = static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload(message));
    each_attribute(payload + head, size - head, [&](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) == NFTA_GEN_ID &&
            mnl_attr_get_payload_len(attribute) == sizeof(std::uint32_t))
            found = ntohl(mnl_attr_get_u32(attribute));
    });
    return found;
}

} // namespace

// Of what is built in there may be no trace, but it has answered before.
bool Nftables::is_in_use() {
    is_known_ = is_known_ || is_loaded("nf_tables");
    return is_known_;
}

KernelResult<void> Nftables::check(const std::string& text) {
    if (auto done = run(text, Run::dry); !done) return tl::make_unexpected(done.error());
    is_known_ = true;
    return {};
}

KernelResult<void> Nftables::apply(const std::string& text) {
    if (auto done = run(text, Run::real); !done) return tl::make_unexpected(done.error());
    is_known_ = true;
    return {};
}

KernelResult<std::string> Nftables::list() {
    if (!is_in_use()) return std::string();
    return run("list ruleset", Run::real, plain | NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_TERSE);
}

KernelResult<std::optional<std::string>> Nftables::table(const NftTable& table) {
    if (!is_in_use()) return std::nullopt;
    // To list one that is not there is an error, in words only.
    const auto names = run("list tables " + table.family, Run::real);
    if (!names) return tl::make_unexpected(names.error());
    const std::string line = "table " + table.family + ' ' + table.name + '\n';
    if (('\n' + *names).find('\n' + line) == std::string::npos) return std::nullopt;
    auto text = run("list table " + table.family + ' ' + table.name, Run::real);
    if (!text) return tl::make_unexpected(text.error());
    return std::move(*text);
}

std::optional<std::uint32_t> Nftables::generation() {
    if (!is_in_use()) return std::nullopt;
    try {
        if (!socket_) socket_.emplace(NETLINK_NETFILTER);
    } catch (const std::system_error&) {
        return std::nullopt;
    }
    std::optional<std::uint32_t> number;
    const std::uint32_t seq = socket_->next_seq();
    static_cast<void>(socket_->exchange(ask_generation(seq), seq, [&](const nlmsghdr* message) {
        if (const auto found = decode_generation(message)) number = found;
    }));
    return number;
}

} // namespace tunqos::kernel

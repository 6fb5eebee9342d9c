// SPDX-License-Identifier: GPL-2.0-or-later
//
// nftables' ruleset of this network namespace, by libnftables: a text as nft reads it goes in, and
// texts come out. What they mean is the planner's business.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "kernel/ikernel.hpp"
#include "kernel/netlink_socket.hpp"

struct nft_ctx;

namespace tunqos::kernel {

// A table by its names: "inet", "tunqos".
struct NftTable {
    std::string family, name;
};

// Errors have the words of libnftables.
class IRuleset {
public:
    virtual ~IRuleset() = default;
    // Would this be taken? Nothing is changed.
    virtual KernelResult<void> check(const std::string& text) = 0;
    // All of it in one transaction, or nothing.
    virtual KernelResult<void> apply(const std::string& text) = 0;
    // All tables, as JSON (libnftables-json(5)), with numbers instead of names and without the
    // elements of named sets. Empty where nftables is not in use.
    virtual KernelResult<std::string> list() = 0;
    // One table, as a text that apply() takes. Nothing if there is none.
    virtual KernelResult<std::optional<std::string>> table(const NftTable& table) = 0;
    // Another number after each change of anybody's. Nothing where nftables is not in use.
    virtual std::optional<std::uint32_t> generation() = 0;
};

class Nftables final : public IRuleset {
public:
    KernelResult<void> check(const std::string& text) override;
    KernelResult<void> apply(const std::string& text) override;
    KernelResult<std::string> list() override;
    KernelResult<std::optional<std::string>> table(const NftTable& table) override;
    std::optional<std::uint32_t> generation() override;

private:
    bool is_in_use();

    std::optional<NetlinkSocket> socket_; // for what the library has no words for
    bool is_known_ = false;               // to be in use
};

} // namespace tunqos::kernel

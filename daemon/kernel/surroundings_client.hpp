// SPDX-License-Identifier: GPL-2.0-or-later
//
// The surroundings as this kernel tells them: tc and routes by rtnetlink, flowtables by nfnetlink,
// programs outside of tc by bpf(2), offloads by ethtool.
#pragma once

#include <map>
#include <memory>

#include "kernel/flowtables.hpp"
#include "kernel/nftables.hpp"
#include "kernel/tc.hpp"

namespace tunqos::kernel {

class SurroundingsClient final : public ISurroundings {
public:
    SurroundingsClient() = default;
    ~SurroundingsClient() override;
    SurroundingsClient(const SurroundingsClient&) = delete;
    SurroundingsClient& operator=(const SurroundingsClient&) = delete;

    KernelResult<void> refresh() override;
    std::vector<Classifier> classifiers(int index) override;
    bool has_xdp(int index) override;
    const std::vector<Flowtable>& flowtables() const override { return flowtables_list_; }
    KernelResult<std::string> ruleset() override;
    bool merges_in_lists(const Device& device) override;
    std::optional<Device> way_to(const std::string& address) override;
    Shortcut shortcut(const std::string& kind) override;

private:
    std::optional<TcReader> tc_; // opened when it is needed first
    FlowtableReader flowtables_;
    std::vector<Flowtable> flowtables_list_;
    Nftables nftables_;
    std::optional<std::uint32_t> ruleset_generation_; // of the text
    std::string ruleset_;
    std::optional<NetlinkSocket> routes_;
    std::map<std::string, std::optional<Device>> ways_; // since the last refresh
    std::map<std::string, Shortcut> shortcuts_;
    int ioctl_ = -1;
    std::optional<unsigned> list_bit_; // of the features; none: this kernel has no such
};

} // namespace tunqos::kernel

// SPDX-License-Identifier: GPL-2.0-or-later
//
// The module's behaviour as far as the daemon can see it: generations, all or nothing,
// and the ways it can fail.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>

#include "kernel/ikernel.hpp"
#include "kernel/sa.hpp"
#include "kernel/surroundings.hpp"

namespace tunqos::kernel {

class FakeKernel final : public IKernel {
public:
    State state;
    Info module{"0.1.0", "ABC", 0x3f, 1, 5, 27};
    bool loaded = true;
    std::vector<std::vector<Operation>> applied; // each successful transaction
    std::deque<Error> refusals;                  // of the next transactions
    std::string refused_object;                  // every transaction with it fails
    std::function<void()> before_apply;          // somebody else, just before we begin
    int dumps = 0;
    int attempts = 0;          // to commit
    std::size_t largest = 0;   // number of operations in one since this was set
    std::uint32_t hooks = 2;   // of every tunnel
    std::uint64_t packets = 7; // of every tunnel
    std::vector<Reason> packets_left_alone;

    KernelResult<Info> info() override {
        if (!loaded) return absent();
        return module;
    }
    KernelResult<std::vector<TunnelStatus>> tunnels() override {
        if (!loaded) return absent();
        ++dumps;
        std::vector<TunnelStatus> list;
        for (const auto& [binding, tunnel] : state.tunnels) {
            TunnelStatus status;
            status.tunnel = tunnel;
            status.phase = Phase::active;
            status.kind = "gre";
            status.hooks = hooks;
            status.encap.packets = packets;
            list.push_back(status);
        }
        return list;
    }
    KernelResult<std::vector<PortStatus>> ports() override {
        if (!loaded) return absent();
        std::vector<PortStatus> list;
        for (const auto& [device, port] : state.ports) {
            PortStatus status;
            status.port = port;
            status.phase = Phase::failed;
            status.problem = "not a VLAN device";
            status.vid = 10;
            list.push_back(status);
        }
        return list;
    }
    KernelResult<std::vector<RuleStatus>> rules() override {
        if (!loaded) return absent();
        std::vector<RuleStatus> list;
        for (const auto& [number, rule] : state.rules) {
            RuleStatus status;
            status.rule = rule;
            status.original = {packets, packets, 0, 0};
            status.reply.packets = packets;
            list.push_back(status);
        }
        return list;
    }
    KernelResult<std::vector<Reason>> reasons() override {
        if (!loaded) return absent();
        return packets_left_alone;
    }

    KernelResult<void> apply(std::uint32_t generation,
                             std::span<const Operation> operations) override {
        if (!loaded) return absent();
        ++attempts;
        largest = std::max(largest, operations.size());
        if (before_apply) std::exchange(before_apply, {})();
        if (generation != module.generation)
            return tl::make_unexpected(Error{Error::Kind::refused, {{"", "read it again"}}});
        if (!refusals.empty()) {
            Error error = refusals.front();
            refusals.pop_front();
            return tl::make_unexpected(error);
        }
        State next = state;
        for (const auto& operation : operations) {
            if (object_of(operation) == refused_object)
                return tl::make_unexpected(
                    Error{Error::Kind::refused, {{refused_object, "not a gre device"}}});
            if (!std::visit(Apply{next}, operation))
                return tl::make_unexpected(
                    Error{Error::Kind::refused, {{object_of(operation), "no such binding"}}});
        }
        state = next;
        ++module.generation;
        applied.emplace_back(operations.begin(), operations.end());
        return {};
    }

    // As after modprobe -r and modprobe.
    void reload_module() {
        state = {};
        module.generation = 0;
        ++module.instance;
    }

private:
    struct Apply {
        State& state;
        bool operator()(const DelTunnel& del) const { return state.tunnels.erase(del.binding) > 0; }
        bool operator()(const DelPort& del) const { return state.ports.erase(del.device) > 0; }
        bool operator()(const DelRule& del) const { return state.rules.erase(del.number) > 0; }
        // As the module: the masks of all are alike.
        bool operator()(const Rule& rule) const {
            for (const auto& [number, other] : state.rules) {
                if (number != rule.number &&
                    (other.mark_mask != rule.mark_mask || other.cos_mask != rule.cos_mask))
                    return false;
            }
            state.rules.insert_or_assign(rule.number, rule);
            return true;
        }
        bool operator()(const Tunnel& tunnel) const {
            state.tunnels.insert_or_assign(tunnel.binding, tunnel);
            return true;
        }
        bool operator()(const Port& port) const {
            state.ports.insert_or_assign(port.device, port);
            return true;
        }
    };

    static tl::unexpected<Error> absent() {
        return tl::make_unexpected(
            Error{Error::Kind::no_module, {{"", "the tunqos module is not loaded"}}});
    }
};

class FakeLinks final : public ILinks {
public:
    std::map<std::string, std::string> kinds; // of devices that say no more
    std::map<std::string, LinkFacts> details;
    std::map<std::string, std::vector<Device>> below;

    std::optional<LinkFacts> facts(const std::string& device) const override {
        if (const auto found = details.find(device); found != details.end()) return found->second;
        const auto found = kinds.find(device);
        if (found == kinds.end()) return std::nullopt;
        LinkFacts facts;
        facts.kind = found->second;
        return facts;
    }
    std::optional<Device> name(int index) const override {
        for (const auto& [device, facts] : details) {
            if (facts.index == index) return device;
        }
        return std::nullopt;
    }
    std::vector<Device> under(const std::string& device) const override {
        const auto found = below.find(device);
        return found == below.end() ? std::vector<Device>() : found->second;
    }
    std::vector<IpsecDevice> ipsec_devices() const override { return devices; }

    std::vector<IpsecDevice> devices;
};

class FakeSurroundings final : public ISurroundings {
public:
    std::map<int, std::vector<Classifier>> classifiers_of; // by index, 0 if none is given
    std::vector<Flowtable> tables;
    std::string rules; // nftables'
    std::set<Device> lists;
    std::set<int> xdp; // attached without an event
    std::map<std::string, Device> routes;
    Shortcut short_cut = Shortcut::no;
    std::optional<Error> failure;

    KernelResult<void> refresh() override {
        if (failure) return tl::make_unexpected(*failure);
        return {};
    }
    std::vector<Classifier> classifiers(int index) override {
        const auto found = classifiers_of.find(index);
        return found == classifiers_of.end() ? std::vector<Classifier>() : found->second;
    }
    bool has_xdp(int index) override { return xdp.contains(index); }
    const std::vector<Flowtable>& flowtables() const override { return tables; }
    KernelResult<std::string> ruleset() override { return rules; }
    bool merges_in_lists(const Device& device) override { return lists.contains(device); }
    std::optional<Device> way_to(const std::string& address) override {
        const auto found = routes.find(address);
        return found == routes.end() ? std::nullopt : std::optional(found->second);
    }
    Shortcut shortcut(const std::string& kind) override {
        return kind == "ipip" || kind == "ip6tnl" ? short_cut : Shortcut::no;
    }
};

class FakeSas final : public ISas {
public:
    std::vector<Sa> list;
    bool permitted = true;

    KernelResult<std::vector<Sa>> sas() override {
        if (permitted) return list;
        return tl::make_unexpected(
            Error{Error::Kind::not_permitted, {{"", "the list of SAs cannot be read"}}});
    }
};

} // namespace tunqos::kernel

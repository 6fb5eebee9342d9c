// SPDX-License-Identifier: GPL-2.0-or-later
//
// By libmnl: the accessors of libnl-route know the actions of four classifiers and no bpf, and one
// action that its parser refuses ends the whole list.
#include "kernel/tc.hpp"

#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_connmark.h>
#include <linux/tc_act/tc_csum.h>
#include <linux/tc_act/tc_ct.h>
#include <linux/tc_act/tc_ctinfo.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_gate.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_mpls.h>
#include <linux/tc_act/tc_nat.h>
#include <linux/tc_act/tc_pedit.h>
#include <linux/tc_act/tc_sample.h>
#include <linux/tc_act/tc_skbedit.h>
#include <linux/tc_act/tc_skbmod.h>
#include <linux/tc_act/tc_tunnel_key.h>
#include <linux/tc_act/tc_vlan.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace tunqos::kernel {

namespace {

constexpr int dump_attempts = 5;
constexpr std::size_t head = MNL_ALIGN(sizeof(tcmsg));
constexpr std::uint32_t ingress_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
constexpr std::uint32_t egress_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS);

Bytes request(std::uint16_t type, int index, std::uint32_t parent, std::uint32_t seq) {
    Bytes buffer(MNL_NLMSG_HDRLEN + head);
    nlmsghdr* const message = mnl_nlmsg_put_header(buffer.data());
    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    message->nlmsg_seq = seq;
    auto* const tc = static_cast<tcmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(tcmsg)));
    tc->tcm_family = AF_UNSPEC;
    tc->tcm_ifindex = index;
    tc->tcm_parent = parent;
    return buffer;
}

const tcmsg* tc_of(const nlmsghdr* message) {
    if (mnl_nlmsg_get_payload_len(message) < head) return nullptr;
    return static_cast<const tcmsg*>(mnl_nlmsg_get_payload(message));
}

template <typename Visit>
void each(const nlmsghdr* message, const Visit& visit) {
    const auto* const payload = static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload(message));
    each_attribute(payload + head, mnl_nlmsg_get_payload_len(message) - head, visit);
}

template <typename Visit>
void each_inside(const nlattr* nest, const Visit& visit) {
    each_attribute(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest), visit);
}

const nlattr* find(const nlattr* nest, int type) {
    const nlattr* found = nullptr;
    each_inside(nest, [&](const nlattr* one) {
        if (mnl_attr_get_type(one) == type) found = one;
    });
    return found;
}

std::string text(const nlattr* attribute) {
    const auto* const chars = static_cast<const char*>(mnl_attr_get_payload(attribute));
    return {chars, strnlen(chars, mnl_attr_get_payload_len(attribute))};
}

// Where each kind has its list of actions.
constexpr struct {
    std::string_view kind;
    int actions;
} filter_kinds[] = {
    {"basic", TCA_BASIC_ACT},   {"cgroup", TCA_CGROUP_ACT}, {"flow", TCA_FLOW_ACT},
    {"flower", TCA_FLOWER_ACT}, {"fw", TCA_FW_ACT},         {"matchall", TCA_MATCHALL_ACT},
    {"route", TCA_ROUTE4_ACT},  {"u32", TCA_U32_ACT},
};

// Actions whose parameters begin with tc_gen, as nearly all have it: which attribute that is.
constexpr struct {
    std::string_view kind;
    int parameters;
} action_kinds[] = {
    {"connmark", TCA_CONNMARK_PARMS},
    {"csum", TCA_CSUM_PARMS},
    {"ct", TCA_CT_PARMS},
    {"ctinfo", TCA_CTINFO_ACT},
    {"gact", TCA_GACT_PARMS},
    {"gate", TCA_GATE_PARMS},
    {"mirred", TCA_MIRRED_PARMS},
    {"mpls", TCA_MPLS_PARMS},
    {"nat", TCA_NAT_PARMS},
    {"pedit", TCA_PEDIT_PARMS},
    {"sample", TCA_SAMPLE_PARMS},
    {"skbedit", TCA_SKBEDIT_PARMS},
    {"skbmod", TCA_SKBMOD_PARMS},
    {"tunnel_key", TCA_TUNNEL_KEY_PARMS},
    {"vlan", TCA_VLAN_PARMS},
};

struct Generic {
    tc_gen;
};

// What comes of one action: an end, or nothing and the next one has its turn.
struct Verdict {
    std::optional<Act> act;
    bool ends = false;
};

Verdict by_number(std::int32_t number) {
    if (number == TC_ACT_OK) return {Act::overwrites, true};
    // A jump skips some of those that follow: which ones is not worth it.
    if (number == TC_ACT_PIPE || TC_ACT_EXT_CMP(number, TC_ACT_JUMP)) return {{}, false};
    if (number == TC_ACT_REDIRECT) return {Act::redirects, true};
    return {{}, true};
}

Verdict verdict_of_mirred(const nlattr* parameters) {
    tc_mirred mirred{};
    if (mnl_attr_get_payload_len(parameters) < sizeof mirred) return {{}, true};
    std::memcpy(&mirred, mnl_attr_get_payload(parameters), sizeof mirred);
    if (mirred.eaction == TCA_EGRESS_REDIR || mirred.eaction == TCA_INGRESS_REDIR)
        return {Act::redirects, true};
    return by_number(mirred.action);
}

// Of what conforms; what does not is dropped, or the next one has its turn.
Verdict verdict_of_police(const nlattr* options) {
    const nlattr* const result = find(options, TCA_POLICE_RESULT);
    if (!result) return {Act::overwrites, true};
    if (mnl_attr_get_payload_len(result) != sizeof(std::uint32_t)) return {{}, true};
    return by_number(static_cast<std::int32_t>(mnl_attr_get_u32(result)));
}

Verdict verdict_of(const std::string& kind, const nlattr* options) {
    if (kind == "police") return verdict_of_police(options);
    const auto* const known = std::find_if(std::begin(action_kinds), std::end(action_kinds),
                                           [&](const auto& one) { return one.kind == kind; });
    if (known == std::end(action_kinds)) return {Act::unknown, true};
    const nlattr* const parameters = find(options, known->parameters);
    if (!parameters || mnl_attr_get_payload_len(parameters) < sizeof(Generic)) return {{}, true};
    if (kind == "mirred") return verdict_of_mirred(parameters);
    Generic generic{};
    std::memcpy(&generic, mnl_attr_get_payload(parameters), sizeof generic);
    return by_number(generic.action);
}

// They run in order. None at all is the same as "ok".
std::optional<Act> act_of(const nlattr* actions) {
    if (!actions) return Act::overwrites;
    Verdict verdict;
    each_inside(actions, [&](const nlattr* action) {
        const nlattr* const kind = find(action, TCA_ACT_KIND);
        const nlattr* const options = find(action, TCA_ACT_OPTIONS);
        if (verdict.ends || !kind || !options) return;
        verdict = verdict_of(text(kind), options);
    });
    return verdict.act;
}

// u32 lists its hash tables as well, which match nothing.
bool is_table(const std::string& kind, const nlattr* options) {
    return kind == "u32" && !find(options, TCA_U32_SEL);
}

} // namespace

std::optional<FilterQdisc> decode_filter_qdisc(const nlmsghdr* message) {
    const tcmsg* const tc = tc_of(message);
    if (!tc || (message->nlmsg_type != RTM_NEWQDISC && message->nlmsg_type != RTM_DELQDISC))
        return std::nullopt;
    std::string kind;
    each(message, [&](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) == TCA_KIND) kind = text(attribute);
    });
    if (kind != "ingress" && kind != "clsact") return std::nullopt;
    return FilterQdisc{tc->tcm_ifindex, kind == "clsact"};
}

std::optional<Classifier> decode_filter(const nlmsghdr* message, Side side) {
    if (!tc_of(message) || message->nlmsg_type != RTM_NEWTFILTER) return std::nullopt;
    std::string kind;
    const nlattr* options = nullptr;
    each(message, [&](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) == TCA_KIND) kind = text(attribute);
        if (mnl_attr_get_type(attribute) == TCA_OPTIONS) options = attribute;
    });
    // Of each priority and chain there is a message without options as well.
    if (kind.empty() || !options || is_table(kind, options)) return std::nullopt;
    const auto* const known = std::find_if(std::begin(filter_kinds), std::end(filter_kinds),
                                           [&](const auto& one) { return one.kind == kind; });
    if (known == std::end(filter_kinds)) return Classifier{side, Act::unknown, kind};
    const auto act = act_of(find(options, known->actions));
    if (!act) return std::nullopt;
    return Classifier{side, *act, kind};
}

TcReader::TcReader() : events_(NETLINK_ROUTE), requests_(NETLINK_ROUTE) {}

// 0 or an errno. A list that changes while it is read is good enough: there is another look.
int TcReader::dump(std::uint16_t type, int index, std::uint32_t parent,
                   const NetlinkSocket::OnMessage& visit) {
    for (int attempt = 1;; ++attempt) {
        const std::uint32_t seq = requests_.next_seq();
        const auto refusals = requests_.dump(request(type, index, parent, seq), seq, visit);
        if (refusals) return refusals->empty() ? 0 : refusals->front().error;
        if (refusals.error() != EINTR) return refusals.error();
        if (attempt == dump_attempts) return 0;
    }
}

void TcReader::drain() {
    const bool lost = events_.receive_ready([&](const nlmsghdr* message) {
        const tcmsg* const tc = tc_of(message);
        if (!tc) return;
        const bool filter =
            message->nlmsg_type == RTM_NEWTFILTER || message->nlmsg_type == RTM_DELTFILTER ||
            message->nlmsg_type == RTM_NEWCHAIN || message->nlmsg_type == RTM_DELCHAIN;
        if (!filter && !decode_filter_qdisc(message)) return;
        // A block is shared by devices that the message does not name.
        if (tc->tcm_ifindex == static_cast<int>(TCM_IFINDEX_MAGIC_BLOCK))
            all_changed_ = true;
        else
            changed_.insert(tc->tcm_ifindex);
    });
    if (lost) all_changed_ = true;
}

int TcReader::read(int index, Filters& filters) {
    filters.list.clear();
    const auto side = [&](Side which, std::uint32_t parent) {
        return dump(RTM_GETTFILTER, index, parent, [&](const nlmsghdr* message) {
            auto found = decode_filter(message, which);
            if (found &&
                std::find(filters.list.begin(), filters.list.end(), *found) == filters.list.end())
                filters.list.push_back(std::move(*found));
        });
    };
    if (const int error = side(Side::ingress, ingress_parent)) return error;
    return filters.egress ? side(Side::egress, egress_parent) : 0;
}

int TcReader::refresh() {
    if (!joined_) {
        if (const int error = events_.join(RTNLGRP_TC)) return error;
        joined_ = true;
    }
    drain();
    std::map<int, bool> hooked; // index: clsact
    const int error = dump(RTM_GETQDISC, 0, 0, [&](const nlmsghdr* message) {
        if (const auto qdisc = decode_filter_qdisc(message)) hooked[qdisc->index] = qdisc->egress;
    });
    if (error != 0) return error;
    std::erase_if(by_index_, [&](const auto& one) { return !hooked.contains(one.first); });
    for (const auto& [index, egress] : hooked) {
        const auto [at, fresh] = by_index_.try_emplace(index);
        if (!fresh && !all_changed_ && !changed_.contains(index) && at->second.egress == egress)
            continue;
        at->second.egress = egress;
        // One that has just gone has no filters any more.
        static_cast<void>(read(index, at->second));
    }
    all_changed_ = false;
    changed_.clear();
    return 0;
}

std::vector<Classifier> TcReader::of(int index) const {
    const auto found = by_index_.find(index);
    return found == by_index_.end() ? std::vector<Classifier>() : found->second.list;
}

} // namespace tunqos::kernel

// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/tc.hpp"

#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_skbedit.h>

#include <array>
#include <cstring>

#include "catch.hpp"

using namespace tunqos::kernel;

namespace {

// A message of the kernel about device 7.
class Message {
public:
    explicit Message(std::uint16_t type) {
        mnl_nlmsg_put_header(bytes_.data())->nlmsg_type = type;
        auto* const tc = static_cast<tcmsg*>(mnl_nlmsg_put_extra_header(header(), sizeof(tcmsg)));
        tc->tcm_ifindex = 7;
    }
    nlmsghdr* header() { return reinterpret_cast<nlmsghdr*>(bytes_.data()); }

private:
    alignas(nlmsghdr) std::array<char, 1024> bytes_{};
};

// An action as the kernel lists it: its kind, and its parameters, which begin with tc_gen.
struct Action {
    const char* kind;
    std::uint16_t attribute;
    int number;      // what becomes of the packet: TC_ACT_*
    int eaction = 0; // of mirred
};
Action gact(int number) {
    return {"gact", TCA_GACT_PARMS, number};
}
Action skbedit(int number) {
    return {"skbedit", TCA_SKBEDIT_PARMS, number};
}
Action mirred(int eaction, int number = TC_ACT_STOLEN) {
    return {"mirred", TCA_MIRRED_PARMS, number, eaction};
}

// As matchall has it: the number of its list of actions is 2, that of u32 is 7.
Message filter(const std::vector<Action>& actions, const char* kind = "matchall",
               std::uint16_t list = TCA_MATCHALL_ACT) {
    Message message(RTM_NEWTFILTER);
    nlmsghdr* const header = message.header();
    mnl_attr_put_strz(header, TCA_KIND, kind);
    nlattr* const options = mnl_attr_nest_start(header, TCA_OPTIONS);
    mnl_attr_put_u32(header, TCA_MATCHALL_CLASSID, 1);
    nlattr* const nest = mnl_attr_nest_start(header, list);
    std::uint16_t place = 1;
    for (const auto& action : actions) {
        nlattr* const one = mnl_attr_nest_start(header, place++);
        mnl_attr_put_strz(header, TCA_ACT_KIND, action.kind);
        nlattr* const parts = mnl_attr_nest_start(header, TCA_ACT_OPTIONS);
        tc_mirred parameters{};
        parameters.action = action.number;
        parameters.eaction = action.eaction;
        mnl_attr_put(header, action.attribute, sizeof parameters, &parameters);
        mnl_attr_nest_end(header, parts);
        mnl_attr_nest_end(header, one);
    }
    mnl_attr_nest_end(header, nest);
    mnl_attr_nest_end(header, options);
    return message;
}

Message qdisc(const char* kind, std::uint16_t type = RTM_NEWQDISC) {
    Message message(type);
    mnl_attr_put_strz(message.header(), TCA_KIND, kind);
    return message;
}

std::optional<Act> act(Message message) {
    const auto found = decode_filter(message.header(), Side::egress);
    if (!found) return std::nullopt;
    CHECK(found->side == Side::egress);
    return found->act;
}

} // namespace

TEST_CASE("a filter that redirects is told from others", "[tc]") {
    CHECK(act(filter({mirred(TCA_EGRESS_REDIR)})) == Act::redirects);
    CHECK(act(filter({mirred(TCA_INGRESS_REDIR)})) == Act::redirects);
    CHECK(act(filter({mirred(TCA_EGRESS_MIRROR, TC_ACT_PIPE)})) == std::nullopt);
    CHECK(act(filter({skbedit(TC_ACT_PIPE), mirred(TCA_EGRESS_REDIR)})) == Act::redirects);
    CHECK(act(filter({gact(TC_ACT_SHOT), mirred(TCA_EGRESS_REDIR)})) == std::nullopt);
    CHECK_FALSE(decode_filter(qdisc("ingress").header(), Side::ingress));
}

TEST_CASE("a filter that ends with ok overwrites skb->tc_index, one that goes on does not",
          "[tc]") {
    CHECK(act(filter({gact(TC_ACT_OK)})) == Act::overwrites);
    CHECK(act(filter({skbedit(TC_ACT_PIPE), gact(TC_ACT_OK)})) == Act::overwrites);
    CHECK(act(filter({mirred(TCA_EGRESS_MIRROR, TC_ACT_OK)})) == Act::overwrites);
    CHECK(act(filter({})) == std::nullopt); // a list, and nothing in it that could end
    for (const int number :
         {TC_ACT_UNSPEC, TC_ACT_SHOT, TC_ACT_PIPE, TC_ACT_STOLEN, TC_ACT_GOTO_CHAIN | 3}) {
        INFO(number);
        CHECK(act(filter({gact(number)})) == std::nullopt);
    }
    // Without any action the kernel takes the filter's class, and says ok.
    Message plain(RTM_NEWTFILTER);
    mnl_attr_put_strz(plain.header(), TCA_KIND, "matchall");
    nlattr* const options = mnl_attr_nest_start(plain.header(), TCA_OPTIONS);
    mnl_attr_put_u32(plain.header(), TCA_MATCHALL_CLASSID, 1);
    mnl_attr_nest_end(plain.header(), options);
    CHECK(act(plain) == Act::overwrites);
}

TEST_CASE("every classifier has its list of actions somewhere else", "[tc]") {
    const std::vector<Action> pass{gact(TC_ACT_OK)}, on{gact(TC_ACT_UNSPEC)};
    for (const auto& [kind, list] :
         std::initializer_list<std::pair<const char*, std::uint16_t>>{{"flower", TCA_FLOWER_ACT},
                                                                      {"basic", TCA_BASIC_ACT},
                                                                      {"fw", TCA_FW_ACT},
                                                                      {"flow", TCA_FLOW_ACT},
                                                                      {"route", TCA_ROUTE4_ACT},
                                                                      {"cgroup", TCA_CGROUP_ACT}}) {
        INFO(kind);
        CHECK(act(filter(pass, kind, list)) == Act::overwrites);
        CHECK(act(filter(on, kind, list)) == std::nullopt);
    }
}

TEST_CASE("what a program does nobody can tell", "[tc]") {
    CHECK(act(filter({}, "bpf")) == Act::unknown);
    CHECK(act(filter({{"bpf", 2, TC_ACT_PIPE}})) == Act::unknown);
    CHECK(act(filter({gact(TC_ACT_UNSPEC)}, "of-the-future")) == Act::unknown);
}

TEST_CASE("u32 lists its hash tables, which match nothing", "[tc]") {
    Message table(RTM_NEWTFILTER);
    mnl_attr_put_strz(table.header(), TCA_KIND, "u32");
    nlattr* const options = mnl_attr_nest_start(table.header(), TCA_OPTIONS);
    mnl_attr_put_u32(table.header(), TCA_U32_DIVISOR, 1);
    mnl_attr_nest_end(table.header(), options);
    CHECK(act(table) == std::nullopt);
    Message head(RTM_NEWTFILTER);
    mnl_attr_put_strz(head.header(), TCA_KIND, "matchall");
    CHECK(act(head) == std::nullopt);
}

TEST_CASE("no length of a filter's message is believed", "[tc]") {
    Message message = filter({mirred(TCA_EGRESS_REDIR)});
    const std::uint32_t length = message.header()->nlmsg_len;
    for (std::uint32_t cut = MNL_NLMSG_HDRLEN; cut < length; ++cut) {
        INFO(cut);
        message.header()->nlmsg_len = cut;
        CHECK(act(message) != Act::redirects);
    }
}

TEST_CASE("devices with a qdisc that filters hang on", "[tc]") {
    const auto found = [](Message message) { return decode_filter_qdisc(message.header()); };
    REQUIRE(found(qdisc("ingress")));
    CHECK(found(qdisc("ingress"))->index == 7);
    CHECK_FALSE(found(qdisc("ingress"))->egress);
    REQUIRE(found(qdisc("clsact")));
    CHECK(found(qdisc("clsact"))->egress);
    CHECK(found(qdisc("clsact", RTM_DELQDISC)));
    CHECK_FALSE(found(qdisc("fq_codel")));
    CHECK_FALSE(found(filter({mirred(TCA_EGRESS_REDIR)})));
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/tc.hpp"

#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>

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
    alignas(nlmsghdr) std::array<char, 512> bytes_{};
};

// As matchall has it: the number of its list of actions is 2, that of u32 is 7.
Message filter(const char* action, int eaction, std::uint16_t list = TCA_MATCHALL_ACT) {
    Message message(RTM_NEWTFILTER);
    nlmsghdr* const header = message.header();
    mnl_attr_put_strz(header, TCA_KIND, "matchall");
    nlattr* const options = mnl_attr_nest_start(header, TCA_OPTIONS);
    mnl_attr_put_u32(header, TCA_MATCHALL_CLASSID, 1);
    nlattr* const actions = mnl_attr_nest_start(header, list);
    nlattr* const first = mnl_attr_nest_start(header, 1);
    mnl_attr_put_strz(header, TCA_ACT_KIND, action);
    nlattr* const parts = mnl_attr_nest_start(header, TCA_ACT_OPTIONS);
    tc_mirred mirred{};
    mirred.eaction = eaction;
    mnl_attr_put(header, TCA_MIRRED_PARMS, sizeof mirred, &mirred);
    mnl_attr_nest_end(header, parts);
    mnl_attr_nest_end(header, first);
    mnl_attr_nest_end(header, actions);
    mnl_attr_nest_end(header, options);
    return message;
}

Message qdisc(const char* kind) {
    Message message(RTM_NEWQDISC);
    mnl_attr_put_strz(message.header(), TCA_KIND, kind);
    return message;
}

} // namespace

TEST_CASE("a filter that redirects is told from others", "[tc]") {
    CHECK(redirects(filter("mirred", TCA_EGRESS_REDIR).header()));
    CHECK(redirects(filter("mirred", TCA_INGRESS_REDIR).header()));
    CHECK(redirects(filter("mirred", TCA_EGRESS_REDIR, TCA_U32_ACT).header()));
    CHECK_FALSE(redirects(filter("mirred", TCA_EGRESS_MIRROR).header()));
    CHECK_FALSE(redirects(filter("gact", TCA_EGRESS_REDIR).header()));
    CHECK_FALSE(redirects(qdisc("ingress").header()));
}

TEST_CASE("no length of a filter's message is believed", "[tc]") {
    Message message = filter("mirred", TCA_EGRESS_REDIR);
    const std::uint32_t length = message.header()->nlmsg_len;
    for (std::uint32_t cut = MNL_NLMSG_HDRLEN; cut < length; ++cut) {
        INFO(cut);
        message.header()->nlmsg_len = cut;
        CHECK_FALSE(redirects(message.header()));
    }
}

TEST_CASE("devices with a qdisc on ingress", "[tc]") {
    CHECK(decode_ingress_qdisc(qdisc("ingress").header()) == 7);
    CHECK(decode_ingress_qdisc(qdisc("clsact").header()) == 7);
    CHECK(decode_ingress_qdisc(qdisc("fq_codel").header()) == std::nullopt);
    CHECK(decode_ingress_qdisc(filter("mirred", TCA_EGRESS_REDIR).header()) == std::nullopt);
}

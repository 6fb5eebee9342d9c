// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/flowtables.hpp"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <array>

#include "catch.hpp"

using namespace tunqos::kernel;

namespace {

constexpr std::uint16_t prefix = 2; // NFTA_DEVICE_PREFIX of newer headers

// "table inet filter { flowtable ft { devices = { wan, lan, eth* } } }"
class Message {
public:
    explicit Message(std::uint32_t flags, std::uint16_t type = NFT_MSG_NEWFLOWTABLE) {
        nlmsghdr* const message = header();
        mnl_nlmsg_put_header(bytes_.data());
        message->nlmsg_type = static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type);
        auto* const netfilter =
            static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
        netfilter->nfgen_family = NFPROTO_INET;
        mnl_attr_put_strz(message, NFTA_FLOWTABLE_TABLE, "filter");
        mnl_attr_put_strz(message, NFTA_FLOWTABLE_NAME, "ft");
        mnl_attr_put_u32(message, NFTA_FLOWTABLE_FLAGS, htonl(flags));
        nlattr* const hook = mnl_attr_nest_start(message, NFTA_FLOWTABLE_HOOK);
        mnl_attr_put_u32(message, NFTA_FLOWTABLE_HOOK_NUM, 0);
        nlattr* const devices = mnl_attr_nest_start(message, NFTA_FLOWTABLE_HOOK_DEVS);
        mnl_attr_put_strz(message, NFTA_DEVICE_NAME, "wan");
        mnl_attr_put_strz(message, NFTA_DEVICE_NAME, "lan");
        mnl_attr_put_str(message, prefix, "eth");
        mnl_attr_nest_end(message, devices);
        mnl_attr_nest_end(message, hook);
    }
    nlmsghdr* header() { return reinterpret_cast<nlmsghdr*>(bytes_.data()); }

private:
    alignas(nlmsghdr) std::array<char, 512> bytes_{};
};

} // namespace

TEST_CASE("a flowtable has a name, devices and perhaps hardware", "[flowtable]") {
    const auto soft = decode_flowtable(Message(0).header());
    REQUIRE(soft);
    CHECK(soft->name == "inet filter ft");
    CHECK_FALSE(soft->hardware);
    for (const char* device : {"wan", "lan", "eth0", "eth1.10"})
        CHECK(soft->holds(device));
    for (const char* device : {"wan2", "gre1", "et", ""})
        CHECK_FALSE(soft->holds(device));
    CHECK(decode_flowtable(Message(NFT_FLOWTABLE_HW_OFFLOAD).header())->hardware);
    CHECK_FALSE(decode_flowtable(Message(NFT_FLOWTABLE_COUNTER).header())->hardware);
}

TEST_CASE("of another message no flowtable is made, nor of a piece of one", "[flowtable]") {
    CHECK_FALSE(decode_flowtable(Message(0, NFT_MSG_NEWTABLE).header()));
    Message message(0);
    const std::uint32_t length = message.header()->nlmsg_len;
    for (std::uint32_t cut = MNL_NLMSG_HDRLEN; cut < length; ++cut) {
        message.header()->nlmsg_len = cut;
        if (const auto found = decode_flowtable(message.header()))
            CHECK_FALSE(found->holds("wan2"));
    }
}

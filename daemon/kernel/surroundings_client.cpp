// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/surroundings_client.hpp"

#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

#include "kernel/link_monitor.hpp"

namespace tunqos::kernel {

namespace {

// Of newer headers.
constexpr std::uint32_t tcx_ingress = 46, tcx_egress = 47; // enum bpf_attach_type

// What BPF_PROG_QUERY reads, and writes: up to the end, whatever size it is told.
struct ProgramQuery {
    std::uint32_t target = 0, attach_type = 0, query_flags = 0, attach_flags = 0;
    std::uint64_t ids = 0;
    std::uint32_t count = 0, pad = 0;
    std::uint64_t id_flags = 0, links = 0, link_flags = 0, revision = 0;
};

// A kernel without such a place (EINVAL, ENOSYS) has no program there.
bool has_program(int index, std::uint32_t attach_type) {
    ProgramQuery query;
    query.target = static_cast<std::uint32_t>(index);
    query.attach_type = attach_type;
    return syscall(SYS_bpf, BPF_PROG_QUERY, &query, sizeof query) == 0 && query.count > 0;
}

tl::unexpected<Error> broken(const std::string& what, int number) {
    return tl::make_unexpected(
        Error{number == EPERM ? Error::Kind::not_permitted : Error::Kind::broken,
              {{"", what + " cannot be read: " + std::strerror(number)}}});
}

bool ethtool(int socket, const Device& device, void* command) {
    ifreq request{};
    if (device.size() >= sizeof request.ifr_name) return false;
    std::copy(device.begin(), device.end(), request.ifr_name);
    request.ifr_data = static_cast<char*>(command);
    return ioctl(socket, SIOCETHTOOL, &request) == 0;
}

constexpr std::uint32_t most_features = 1024;

// The features have names; their numbers are each kernel's own, the same for all devices.
std::optional<unsigned> feature_bit(int socket, std::string_view name) {
    // struct ethtool_sset_info with room for one answer: the number of features.
    std::array<std::uint32_t, 5> size{ETHTOOL_GSSET_INFO, 0, 1U << ETH_SS_FEATURES, 0, 0};
    if (!ethtool(socket, "lo", size.data())) return std::nullopt;
    const std::uint32_t count = size.back();
    if (count == 0 || count > most_features) return std::nullopt;
    std::vector<char> buffer(sizeof(ethtool_gstrings) +
                             static_cast<std::size_t>(count) * ETH_GSTRING_LEN);
    ethtool_gstrings strings{};
    strings.cmd = ETHTOOL_GSTRINGS;
    strings.string_set = ETH_SS_FEATURES;
    strings.len = count;
    std::memcpy(buffer.data(), &strings, sizeof strings);
    if (!ethtool(socket, "lo", buffer.data())) return std::nullopt;
    for (unsigned i = 0; i < count; ++i) {
        const char* const at = buffer.data() + sizeof strings + i * ETH_GSTRING_LEN;
        if (name == std::string_view(at, strnlen(at, ETH_GSTRING_LEN))) return i;
    }
    return std::nullopt;
}

bool has_feature(int socket, const Device& device, unsigned bit) {
    const std::uint32_t blocks = bit / 32 + 1;
    std::vector<std::uint32_t> buffer(
        (sizeof(ethtool_gfeatures) + blocks * sizeof(ethtool_get_features_block)) /
        sizeof(std::uint32_t));
    ethtool_gfeatures request{};
    request.cmd = ETHTOOL_GFEATURES;
    request.size = blocks;
    std::memcpy(buffer.data(), &request, sizeof request);
    if (!ethtool(socket, device, buffer.data())) return false;
    ethtool_get_features_block block{};
    std::memcpy(
        &block,
        reinterpret_cast<const char*>(buffer.data()) + sizeof request + (blocks - 1) * sizeof block,
        sizeof block);
    return (block.active >> (bit % 32) & 1U) != 0;
}

Bytes route_request(int family, const void* address, std::size_t size, std::uint32_t seq) {
    Bytes buffer(MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(rtmsg)) + MNL_ATTR_HDRLEN + size);
    nlmsghdr* const message = mnl_nlmsg_put_header(buffer.data());
    message->nlmsg_type = RTM_GETROUTE;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    message->nlmsg_seq = seq;
    auto* const route = static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(rtmsg)));
    route->rtm_family = static_cast<unsigned char>(family);
    route->rtm_dst_len = static_cast<unsigned char>(size * 8);
    mnl_attr_put(message, RTA_DST, size, address);
    return buffer;
}

// What a module's own type information says of the functions that it has; that of what is built
// in is all in one. Where there is none nothing can be told.
Shortcut search_types(const char* module, const std::string& function) {
    const std::string types = "/sys/kernel/btf/";
    std::ifstream file(types + module, std::ios::binary);
    if (!file) {
        const bool loaded =
            access(("/sys/module/" + std::string(module) + "/initstate").c_str(), F_OK) == 0;
        if (loaded) return Shortcut::not_known;
        file.open(types + "vmlinux", std::ios::binary);
    }
    if (!file) return Shortcut::not_known;
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    return bytes.find(function + '\0') == std::string::npos ? Shortcut::no : Shortcut::yes;
}

} // namespace

SurroundingsClient::~SurroundingsClient() {
    if (ioctl_ >= 0) close(ioctl_);
}

KernelResult<void> SurroundingsClient::refresh() {
    ways_.clear();
    try {
        if (!tc_) tc_.emplace();
        if (!routes_) routes_.emplace(NETLINK_ROUTE);
    } catch (const std::system_error& failure) {
        return broken("tc's filters", failure.code().value());
    }
    if (const int error = tc_->refresh()) return broken("tc's filters", error);
    if (const int error = flowtables_.read(flowtables_list_))
        return broken("nftables' flowtables", error);
    return {};
}

std::vector<Classifier> SurroundingsClient::classifiers(int index) {
    auto list = tc_ ? tc_->of(index) : std::vector<Classifier>();
    if (has_program(index, tcx_ingress)) list.push_back({Side::ingress, Act::unknown, "tcx"});
    if (has_program(index, tcx_egress)) list.push_back({Side::egress, Act::unknown, "tcx"});
    return list;
}

bool SurroundingsClient::has_xdp(int index) {
    if (!routes_) return false;
    Bytes buffer(MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(ifinfomsg)));
    nlmsghdr* const request = mnl_nlmsg_put_header(buffer.data());
    request->nlmsg_type = RTM_GETLINK;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    request->nlmsg_seq = routes_->next_seq();
    static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg)))->ifi_index =
        index;
    bool found = false;
    static_cast<void>(routes_->exchange(buffer, request->nlmsg_seq, [&](const nlmsghdr* message) {
        if (const auto news = decode_link(message)) found = news->facts.has_xdp;
    }));
    return found;
}

// To list a large one takes its time, and it hardly ever changes.
KernelResult<std::string> SurroundingsClient::ruleset() {
    const auto now = nftables_.generation();
    if (now && now == ruleset_generation_) return ruleset_;
    auto listed = nftables_.list();
    if (!listed) return listed;
    ruleset_ = std::move(*listed);
    ruleset_generation_ = now;
    return ruleset_;
}

bool SurroundingsClient::merges_in_lists(const Device& device) {
    if (ioctl_ < 0) {
        // Any kind of socket does for ethtool.
        ioctl_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (ioctl_ < 0) return false;
        list_bit_ = feature_bit(ioctl_, "rx-gro-list");
    }
    return list_bit_ && has_feature(ioctl_, device, *list_bit_);
}

std::optional<Device> SurroundingsClient::way_to(const std::string& address) {
    const auto known = ways_.find(address);
    if (known != ways_.end()) return known->second;
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    const int family = address.find(':') == std::string::npos ? AF_INET : AF_INET6;
    if (!routes_ || inet_pton(family, address.c_str(), bytes.data()) != 1) return std::nullopt;
    const std::size_t size = family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr);
    const std::uint32_t seq = routes_->next_seq();
    std::uint32_t index = 0;
    static_cast<void>(routes_->exchange(
        route_request(family, bytes.data(), size, seq), seq, [&](const nlmsghdr* message) {
            constexpr std::size_t head = MNL_ALIGN(sizeof(rtmsg));
            const std::size_t length = mnl_nlmsg_get_payload_len(message);
            if (message->nlmsg_type != RTM_NEWROUTE || length < head) return;
            each_attribute(static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload(message)) + head,
                           length - head, [&](const nlattr* attribute) {
                               if (mnl_attr_get_type(attribute) == RTA_OIF &&
                                   mnl_attr_get_payload_len(attribute) == sizeof index)
                                   index = mnl_attr_get_u32(attribute);
                           });
        }));
    std::array<char, IF_NAMESIZE> name{};
    std::optional<Device> way;
    if (index != 0 && if_indextoname(index, name.data())) way = name.data();
    ways_[address] = way;
    return way;
}

Shortcut SurroundingsClient::shortcut(const std::string& kind) {
    const auto known = shortcuts_.find(kind);
    if (known != shortcuts_.end()) return known->second;
    Shortcut found = Shortcut::no;
    if (kind == "ipip") found = search_types("ipip", "ipip_fill_forward_path");
    if (kind == "ip6tnl") found = search_types("ip6_tunnel", "ip6_tnl_fill_forward_path");
    shortcuts_[kind] = found;
    return found;
}

} // namespace tunqos::kernel

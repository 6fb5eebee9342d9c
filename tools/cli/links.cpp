// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/links.hpp"

#include <libmnl/libmnl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

namespace tunqos::cli {

std::vector<std::string> link_names() {
    std::vector<std::string> names;
    struct if_nameindex* const list = ::if_nameindex();
    if (list == nullptr) return names;
    for (const auto* link = list; link->if_name != nullptr; ++link)
        names.emplace_back(link->if_name);
    if_freenameindex(list);
    return names;
}

namespace {

struct RootQdisc {
    int device = 0;
    std::string kind;
};

int take_kind(const nlattr* attribute, void* data) {
    if (mnl_attr_get_type(attribute) != TCA_KIND) return MNL_CB_OK;
    if (mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) != 0) return MNL_CB_ERROR;
    static_cast<RootQdisc*>(data)->kind = mnl_attr_get_str(attribute);
    return MNL_CB_STOP;
}

// One message of the dump: that of the device's root.
int take_root(const nlmsghdr* message, void* data) {
    auto& root = *static_cast<RootQdisc*>(data);
    if (message->nlmsg_type != RTM_NEWQDISC) return MNL_CB_OK;
    const auto* const qdisc = static_cast<const tcmsg*>(mnl_nlmsg_get_payload(message));
    if (qdisc->tcm_ifindex != root.device || qdisc->tcm_parent != TC_H_ROOT) return MNL_CB_OK;
    mnl_attr_parse(message, sizeof(tcmsg), take_kind, &root);
    return MNL_CB_OK;
}

// The kind of the qdisc at the root of a device; empty if the kernel does not say.
std::string root_qdisc(int device) {
    const std::unique_ptr<mnl_socket, decltype(&mnl_socket_close)> socket(
        mnl_socket_open(NETLINK_ROUTE), &mnl_socket_close);
    if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) return {};
    alignas(nlmsghdr) std::array<char, 32768> buffer{};
    constexpr unsigned sequence = 1;
    nlmsghdr* const request = mnl_nlmsg_put_header(buffer.data());
    request->nlmsg_type = RTM_GETQDISC;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request->nlmsg_seq = sequence;
    mnl_nlmsg_put_extra_header(request, sizeof(tcmsg));
    if (mnl_socket_sendto(socket.get(), request, request->nlmsg_len) < 0) return {};
    RootQdisc root{device, {}};
    for (int more = MNL_CB_OK; more > MNL_CB_STOP;) {
        const ssize_t size = mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
        if (size <= 0) return {};
        more = mnl_cb_run(buffer.data(), static_cast<std::size_t>(size), sequence,
                          mnl_socket_get_portid(socket.get()), take_root, &root);
    }
    return root.kind;
}

} // namespace

LinkState link_state(const std::string& name) {
    LinkState state;
    ifreq request{};
    if (name.empty() || name.size() >= sizeof request.ifr_name) return state;
    const int handle = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (handle < 0) return state;
    std::copy(name.begin(), name.end(), request.ifr_name);
    if (ioctl(handle, SIOCGIFFLAGS, &request) == 0) {
        state.exists = true;
        state.up = (request.ifr_flags & IFF_UP) != 0;
        state.running = (request.ifr_flags & IFF_RUNNING) != 0;
    }
    close(handle);
    if (state.exists) state.qdisc = root_qdisc(static_cast<int>(if_nametoindex(name.c_str())));
    return state;
}

} // namespace tunqos::cli

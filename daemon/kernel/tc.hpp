// SPDX-License-Identifier: GPL-2.0-or-later
//
// Filters of tc on ingress and egress of devices. Those that leave a packet as it is and where it
// is are no matter here.
#pragma once

#include <libmnl/libmnl.h>

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "kernel/netlink_socket.hpp"
#include "kernel/surroundings.hpp"

namespace tunqos::kernel {

// A message of rtnetlink about a qdisc that filters hang on.
struct FilterQdisc {
    int index = 0;
    bool egress = false; // clsact has both sides, ingress has one
};
std::optional<FilterQdisc> decode_filter_qdisc(const nlmsghdr* message);

// A message of rtnetlink about a filter. Nothing if it does no harm, or is none.
std::optional<Classifier> decode_filter(const nlmsghdr* message, Side side);

// The filters of all devices. One list of qdiscs tells which have any; those filters are read once,
// and again when the kernel says that they changed.
class TcReader {
public:
    TcReader();
    // 0 or an errno.
    int refresh();
    std::vector<Classifier> of(int index) const;

private:
    struct Filters {
        bool egress = false;
        std::vector<Classifier> list;
    };

    void drain();
    int dump(std::uint16_t type, int index, std::uint32_t parent,
             const NetlinkSocket::OnMessage& visit);
    int read(int index, Filters& filters);

    NetlinkSocket events_, requests_; // answers must not mix with events
    bool joined_ = false;
    bool all_changed_ = true;
    std::set<int> changed_;
    std::map<int, Filters> by_index_;
};

} // namespace tunqos::kernel

// SPDX-License-Identifier: GPL-2.0-or-later
//
// Messages from the kernel, as the daemon reads them: acknowledgements, dumps, events,
// families. A state that the module could have reads back from the configuration that is
// recovered from it.
//
// Input: what was read from a netlink socket.
#include <linux/genetlink.h>
#include <linux/tunqos.h>

#include "fuzz.hpp"
#include "kernel/genl_codec.hpp"
#include "kernel/sa.hpp"
#include "planner/planner.hpp"

using namespace tunqos;
using namespace tunqos::kernel;
using fuzz::require;

namespace {

bool in_range(const std::optional<Table>& table, std::uint8_t limit) {
    return !table || std::all_of(table->begin(), table->end(), [&](std::uint8_t value) {
        return value < limit || value == table_leave;
    });
}

// What a configuration has words for, whatever the other ports do: set dscp and a mutation. Trust
// in the CoS has one map for all of them.
bool possible_arrival(const Port& port) {
    if (!port.arrival_dscp)
        return !port.arrival_table || (*std::max_element(port.arrival_table->begin(),
                                                         port.arrival_table->end()) < dscp_count &&
                                       port.arrival_table != same_dscp_table());
    const ArrivalMap& map = *port.arrival_dscp;
    const auto in_range = [](std::uint8_t dscp) {
        return dscp < dscp_count || dscp == table_leave;
    };
    bool by_cos = map.back() == table_leave;
    for (std::size_t i = 0; i + 1 < map.size(); i += 2)
        by_cos = by_cos && map[i] == map[i + 1];
    const bool same =
        std::all_of(map.begin(), map.end(), [&](std::uint8_t dscp) { return dscp == map.front(); });
    if (same) return port.arrival_override && map.front() < dscp_count && !port.arrival_table;
    return by_cos && std::all_of(map.begin(), map.end(), in_range) && !port.arrival_table;
}

// The module refuses everything else.
bool possible(const Port& port) {
    const bool marks =
        !port.dscp_mark || (port.mark_mask != 0 && !without_room(*port.dscp_mark, port.mark_mask));
    return (port.dscp_pcp || port.dscp_mark || port.has_arrival() || port.rules) &&
           in_range(port.dscp_pcp, pcp_count) && in_range(port.dscp_mark, dscp_count) && marks &&
           possible_arrival(port);
}

bool possible(const Tunnel& tunnel) {
    const auto* device = std::get_if<Device>(&tunnel.binding);
    const bool priorities = !tunnel.priority_table ||
                            std::all_of(tunnel.priority_table->begin(),
                                        tunnel.priority_table->end(), [](std::uint32_t value) {
                                            return value < dscp_count || value == priority_leave;
                                        });
    return tunnel.encap_dscp.value.value < dscp_count &&
           in_range(tunnel.encap_dscp.table, dscp_count) &&
           in_range(tunnel.decap_dscp.table, dscp_count) && priorities &&
           (tunnel.encap_dscp == EncapDscp::table) == tunnel.encap_dscp.table.has_value() &&
           tunnel.encap_inner.value.value < dscp_count &&
           in_range(tunnel.encap_inner.table, dscp_count) &&
           (tunnel.encap_inner == EncapInner::table) == tunnel.encap_inner.table.has_value() &&
           (!tunnel.options.control_dscp || tunnel.options.control_dscp->value < dscp_count) &&
           (tunnel.decap_dscp == DecapDscp::table) == tunnel.decap_dscp.table.has_value() &&
           (device == nullptr || !device->empty());
}

void check_recovery(const State& state) {
    const Config config = planner::recover(state);
    State again = planner::compile(config);
    State before = state;
    // A label that is not ours gets another name.
    for (State* one : {&again, &before})
        for (auto& [binding, tunnel] : one->tunnels)
            tunnel.label.clear();
    require(again == before, "the recovered configuration is another state");
    require(planner::reconcile(again, before).empty(), "equal states with a difference");
}

// What it matches is nftables', so that no configuration is recovered from it.
void check_rule(const kernel::Rule& rule) {
    const Message message = encode(rule, TUNQOS_CMD_SET_RULE, 0, 1);
    const auto again = decode_rule(reinterpret_cast<const nlmsghdr*>(message.bytes().data()));
    require(again && again->rule == rule, "a rule reads otherwise");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Block block({data, size});
    const auto* message = reinterpret_cast<const nlmsghdr*>(block.data());
    std::vector<TunnelStatus> tunnels;
    std::vector<PortStatus> ports;
    int left = static_cast<int>(size);
    for (; is_whole(message, left); message = mnl_nlmsg_next(message, &left)) {
        if (message->nlmsg_type == NLMSG_ERROR) {
            if (const auto refusal = read_refusal(message))
                require(refusal->error != 0, "a refusal without an error");
            continue;
        }
        static_cast<void>(command_of(message));
        static_cast<void>(decode_info(message));
        static_cast<void>(decode_reason(message));
        static_cast<void>(decode_address(message));
        if (const auto sa = decode_sa(message))
            require(!sa->source.empty() && !to_string(*sa).empty(), "an SA without addresses");
        static_cast<void>(decode_family(message, TUNQOS_GENL_NAME));
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(message);
        for (std::uint32_t offset = 0; offset <= message->nlmsg_len; offset += 4)
            static_cast<void>(attribute_at({bytes, message->nlmsg_len}, offset));
        if (auto tunnel = decode_tunnel(message); tunnel && possible(tunnel->tunnel))
            tunnels.push_back(std::move(*tunnel));
        if (auto port = decode_port(message); port && possible(port->port))
            ports.push_back(std::move(*port));
        if (const auto rule = decode_rule(message)) check_rule(rule->rule);
    }
    check_recovery(planner::from_dump(tunnels, ports));
    return 0;
}

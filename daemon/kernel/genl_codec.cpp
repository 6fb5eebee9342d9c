// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/genl_codec.hpp"

#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <linux/tunqos.h>

#include <algorithm>
#include <cstring>

namespace tunqos::kernel {

namespace {

static_assert(table_leave == TUNQOS_TABLE_LEAVE && dscp_count == TUNQOS_TABLE_LEN);
static_assert(priority_leave == TUNQOS_PRIORITY_LEAVE);
static_assert(static_cast<int>(EncapDscp::native) == TUNQOS_ENCAP_DSCP_NATIVE);
static_assert(static_cast<int>(DecapDscp::table) == TUNQOS_DECAP_DSCP_TABLE);
static_assert(static_cast<int>(DecapClass::outer) == TUNQOS_DECAP_CLASS_OUTER);
static_assert(static_cast<int>(EncapInner::table) == TUNQOS_ENCAP_INNER_TABLE);
static_assert(static_cast<int>(EncapEcn::compatibility) == TUNQOS_ENCAP_ECN_COMPATIBILITY);
static_assert(static_cast<int>(DecapEcn::rfc6040) == TUNQOS_DECAP_ECN_RFC6040);
static_assert(static_cast<int>(Phase::failed) == TUNQOS_STATE_FAILED);

static_assert(sizeof(ArrivalMap) == TUNQOS_ARRIVAL_LEN);

constexpr std::size_t message_size = 256; // enough but for large tables, and cheap to clear

// The attributes of one level of a message, for looking up by type.
class Attributes {
public:
    explicit Attributes(const nlmsghdr* message) {
        const std::size_t size = mnl_nlmsg_get_payload_len(message);
        if (size < sizeof(genlmsghdr)) return;
        const auto* payload = static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload(message));
        add_all(payload + sizeof(genlmsghdr), size - sizeof(genlmsghdr));
    }
    explicit Attributes(const nlattr* nest) {
        if (nest) add_all(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest));
    }

    const nlattr* find(int type) const {
        const auto index = static_cast<std::size_t>(type);
        return index < known_.size() ? known_[index] : nullptr;
    }
    template <typename Number>
    std::optional<Number> number(int type) const {
        const nlattr* attribute = find(type);
        if (!attribute || mnl_attr_get_payload_len(attribute) != sizeof(Number))
            return std::nullopt;
        Number value{};
        std::memcpy(&value, mnl_attr_get_payload(attribute), sizeof value);
        return value;
    }
    std::optional<std::string> text(int type) const {
        const nlattr* attribute = find(type);
        if (!attribute) return std::nullopt;
        const auto* chars = static_cast<const char*>(mnl_attr_get_payload(attribute));
        return std::string(chars, strnlen(chars, mnl_attr_get_payload_len(attribute)));
    }
    std::span<const std::uint8_t> bytes(int type) const {
        const nlattr* attribute = find(type);
        if (!attribute) return {};
        return {static_cast<const std::uint8_t*>(mnl_attr_get_payload(attribute)),
                mnl_attr_get_payload_len(attribute)};
    }
    // An array of exactly the size it must have.
    template <typename Array>
    std::optional<Array> array(int type) const {
        return number<Array>(type);
    }

private:
    void add_all(const void* begin, std::size_t size) {
        each_attribute(begin, size, [this](const nlattr* attribute) {
            const auto type = mnl_attr_get_type(attribute);
            if (type < known_.size()) known_[type] = attribute;
        });
    }

    std::array<const nlattr*, 64> known_{};
};

Counters counters(const Attributes& parent, int type) {
    const Attributes nest(parent.find(type));
    const auto count = [&](int which) { return nest.number<std::uint64_t>(which).value_or(0); };
    return {count(TUNQOS_A_COUNTERS_PACKETS), count(TUNQOS_A_COUNTERS_WRITTEN),
            count(TUNQOS_A_COUNTERS_LEFT_ALONE), count(TUNQOS_A_COUNTERS_DROPPED)};
}

template <typename Enum>
Enum enumerator(std::optional<std::uint8_t> value, Enum last) {
    return value && *value <= static_cast<std::uint8_t>(last) ? static_cast<Enum>(*value) : Enum{};
}

// A mode that is not said is said by the table or the value.
template <typename Mode>
void get_source(const Attributes& attributes, const DscpSourceSetting& setting,
                DscpSource<Mode>& source) {
    if constexpr (CanSet<Mode>) {
        if (const auto value = attributes.number<std::uint8_t>(setting.value_attribute))
            source = {Mode::set, Dscp{*value}};
    }
    source.table = attributes.array<Table>(setting.table);
    if (attributes.find(setting.table)) source.mode = Mode::table;
    if (attributes.find(setting.mode))
        source.mode = enumerator(attributes.number<std::uint8_t>(setting.mode),
                                 static_cast<Mode>(words_of_source(Mode{}).size() - 1));
}

// A phase that this daemon does not know yet counts as failed: it is not at work.
Phase phase(const Attributes& attributes, int type) {
    const auto value = attributes.number<std::uint32_t>(type).value_or(TUNQOS_STATE_PENDING);
    return value <= TUNQOS_STATE_FAILED ? static_cast<Phase>(value) : Phase::failed;
}

using Address4 = std::array<std::uint8_t, 4>;  // network order
using Address6 = std::array<std::uint8_t, 16>; // network order

// In canonical text; empty if there is none.
std::string address(const Attributes& attributes, int type4, int type6) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (const auto v4 = attributes.array<Address4>(type4))
        return inet_ntop(AF_INET, v4->data(), text.data(), text.size());
    if (const auto v6 = attributes.array<Address6>(type6))
        return inet_ntop(AF_INET6, v6->data(), text.data(), text.size());
    return {};
}

std::optional<Binding> binding(const Attributes& attributes) {
    if (auto device = attributes.text(TUNQOS_A_TUNNEL_DEVICE)) return std::move(*device);
    Selector selector;
    selector.peer = address(attributes, TUNQOS_A_TUNNEL_PEER4, TUNQOS_A_TUNNEL_PEER6);
    selector.local = address(attributes, TUNQOS_A_TUNNEL_LOCAL4, TUNQOS_A_TUNNEL_LOCAL6);
    const auto u32 = [&](int type) { return attributes.number<std::uint32_t>(type); };
    selector.reqid = u32(TUNQOS_A_TUNNEL_REQID);
    selector.if_id = u32(TUNQOS_A_TUNNEL_IF_ID);
    if (const auto mark = u32(TUNQOS_A_TUNNEL_MARK))
        selector.mark = Mark{*mark, u32(TUNQOS_A_TUNNEL_MARK_MASK).value_or(Mark{}.mask)};
    if (const auto spi = u32(TUNQOS_A_TUNNEL_SPI)) selector.spi = ntohl(*spi);
    if (selector.empty()) return std::nullopt;
    return selector;
}

void put_address(Message& message, std::uint16_t type4, std::uint16_t type6,
                 const std::string& text) {
    Address6 address{};
    if (inet_pton(AF_INET, text.c_str(), address.data()) == 1)
        message.put_bytes(type4, address.data(), sizeof(Address4));
    else if (inet_pton(AF_INET6, text.c_str(), address.data()) == 1)
        message.put_bytes(type6, address.data(), sizeof(Address6));
}

void put_selector(Message& message, const Selector& selector) {
    put_address(message, TUNQOS_A_TUNNEL_PEER4, TUNQOS_A_TUNNEL_PEER6, selector.peer);
    put_address(message, TUNQOS_A_TUNNEL_LOCAL4, TUNQOS_A_TUNNEL_LOCAL6, selector.local);
    if (selector.reqid) message.put_u32(TUNQOS_A_TUNNEL_REQID, *selector.reqid);
    if (selector.if_id) message.put_u32(TUNQOS_A_TUNNEL_IF_ID, *selector.if_id);
    if (selector.mark) {
        message.put_u32(TUNQOS_A_TUNNEL_MARK, selector.mark->value);
        if (selector.mark->mask != Mark{}.mask)
            message.put_u32(TUNQOS_A_TUNNEL_MARK_MASK, selector.mark->mask);
    }
    if (selector.spi) message.put_u32(TUNQOS_A_TUNNEL_SPI, htonl(*selector.spi));
}

void put_binding(Message& message, const Binding& binding) {
    if (const auto* device = std::get_if<Device>(&binding))
        message.put_text(TUNQOS_A_TUNNEL_DEVICE, *device);
    else
        put_selector(message, std::get<Selector>(binding));
}

template <typename Array>
void put_table(Message& message, std::uint16_t type, const std::optional<Array>& table) {
    if (table) message.put_bytes(type, table->data(), sizeof(Array));
}

void put_protocols(Message& message, const ProtocolCos& cos) {
    static_assert(port_protocols.size() == TUNQOS_PORT_PROTOCOL_MAX + 1);
    if (cos == ProtocolCos{}) return;
    std::array<std::uint8_t, port_protocols.size()> bytes;
    for (std::size_t i = 0; i < cos.size(); ++i)
        bytes[i] = cos[i].value_or(table_leave);
    message.put_bytes(TUNQOS_A_PORT_PROTOCOL_PCP, bytes.data(), bytes.size());
}

// 0 is the default of all.
template <typename Enum>
void put_if_set(Message& message, std::uint16_t type, Enum value) {
    if (value != Enum{}) message.put_u8(type, static_cast<std::uint8_t>(value));
}

// A table or a value says by being there that it is chosen.
template <typename Mode>
void put_source(Message& message, const DscpSourceSetting& setting,
                const DscpSource<Mode>& source) {
    if (source == Mode::table && source.table)
        return put_table(message, setting.table, source.table);
    if constexpr (CanSet<Mode>)
        if (source == Mode::set) return message.put_u8(setting.value_attribute, source.value.value);
    put_if_set(message, setting.mode, source.mode);
}

template <Worded Value>
void put_setting(Message& message, std::uint16_t type, Value value) {
    put_if_set(message, type, value);
}
void put_setting(Message& message, std::uint16_t type, const std::optional<Dscp>& value) {
    if (value) message.put_u8(type, value->value);
}

// A number that this daemon has no word for is the default.
template <Worded Value>
void get_setting(std::uint8_t number, Value& value) {
    value = enumerator(std::optional(number), static_cast<Value>(words_of(value).size() - 1));
}
void get_setting(std::uint8_t number, std::optional<Dscp>& value) {
    value = Dscp{number};
}

void put_more_settings(Message& message, const Tunnel& tunnel) {
    each_setting([&](const auto& setting) {
        put_setting(message, setting.attribute, tunnel.options.*setting.member);
    });
    if (tunnel.class_via == ClassVia::mark)
        message.put_u32(TUNQOS_A_TUNNEL_CLASS_MASK, tunnel.class_mask);
    else
        put_if_set(message, TUNQOS_A_TUNNEL_CLASS_VIA, tunnel.class_via);
}

void decode_more_settings(const Attributes& attributes, Tunnel& tunnel) {
    const auto u8 = [&](int type) { return attributes.number<std::uint8_t>(type); };
    each_setting([&](const auto& setting) {
        if (const auto number = u8(setting.attribute))
            get_setting(*number, tunnel.options.*setting.member);
    });
    tunnel.class_via = enumerator(u8(TUNQOS_A_TUNNEL_CLASS_VIA), ClassVia::mark);
    tunnel.class_mask = attributes.number<std::uint32_t>(TUNQOS_A_TUNNEL_CLASS_MASK).value_or(0);
    if (tunnel.class_mask != 0) tunnel.class_via = ClassVia::mark;
}

struct Encoder {
    std::uint16_t family, flags;
    std::uint32_t seq;

    Message start(std::uint8_t command) const {
        return {family, flags, command, TUNQOS_GENL_VERSION, seq};
    }
    Message operator()(const DelTunnel& del) const {
        Message message = start(TUNQOS_CMD_DEL_TUNNEL);
        put_binding(message, del.binding);
        return message;
    }
    Message operator()(const DelPort& del) const {
        Message message = start(TUNQOS_CMD_DEL_PORT);
        message.put_text(TUNQOS_A_PORT_DEVICE, del.device);
        return message;
    }
    Message operator()(const DelRule& del) const {
        Message message = start(TUNQOS_CMD_DEL_RULE);
        message.put_u8(TUNQOS_A_RULE_NUMBER, del.number);
        return message;
    }
    Message operator()(const Rule& rule) const {
        Message message = start(TUNQOS_CMD_SET_RULE);
        message.put_u8(TUNQOS_A_RULE_NUMBER, rule.number);
        message.put_u32(TUNQOS_A_RULE_MARK_MASK, rule.mark_mask);
        if (rule.cos_mask != 0) message.put_u32(TUNQOS_A_RULE_COS_MASK, rule.cos_mask);
        put_table(message, TUNQOS_A_RULE_ARRIVAL_DSCP, rule.arrival_dscp);
        put_if_set(message, TUNQOS_A_RULE_ARRIVAL_OVERRIDE, rule.arrival_override);
        put_table(message, TUNQOS_A_RULE_ARRIVAL_TAG, rule.arrival_tag);
        put_table(message, TUNQOS_A_RULE_DSCP_TAG, rule.dscp_tag);
        put_if_set(message, TUNQOS_A_RULE_INSERT_TAG, rule.insert_tag);
        return message;
    }
    Message operator()(const Port& port) const {
        Message message = start(TUNQOS_CMD_SET_PORT);
        message.put_text(TUNQOS_A_PORT_DEVICE, port.device);
        put_table(message, TUNQOS_A_PORT_DSCP_PCP, port.dscp_pcp);
        put_protocols(message, port.protocol_pcp);
        put_table(message, TUNQOS_A_PORT_DSCP_MARK, port.dscp_mark);
        if (port.dscp_mark) message.put_u32(TUNQOS_A_PORT_MARK_MASK, port.mark_mask);
        put_table(message, TUNQOS_A_PORT_ARRIVAL_DSCP, port.arrival_dscp);
        if (port.arrival_override) message.put_u8(TUNQOS_A_PORT_ARRIVAL_OVERRIDE, 1);
        put_table(message, TUNQOS_A_PORT_ARRIVAL_TABLE, port.arrival_table);
        put_if_set(message, TUNQOS_A_PORT_RULES, port.rules);
        return message;
    }
    // What is the module's default (tunqos.yaml) is not said: an attribute costs it more
    // than a hundred instructions, ten thousand times.
    Message operator()(const Tunnel& tunnel) const {
        Message message = start(TUNQOS_CMD_SET_TUNNEL);
        put_binding(message, tunnel.binding);
        if (!tunnel.label.empty()) message.put_text(TUNQOS_A_TUNNEL_LABEL, tunnel.label);
        each_dscp_source(tunnel, [&](const DscpSourceSetting& setting, const auto& source) {
            put_source(message, setting, source);
        });
        if (tunnel.decap_permit)
            message.put_u64(TUNQOS_A_TUNNEL_DECAP_PERMIT, *tunnel.decap_permit);
        put_if_set(message, TUNQOS_A_TUNNEL_DECAP_CLASS, tunnel.decap_class);
        if (tunnel.pre_classify) message.put_u8(TUNQOS_A_TUNNEL_PRE_CLASSIFY, 1);
        put_table(message, TUNQOS_A_TUNNEL_PRIORITY_TABLE, tunnel.priority_table);
        put_more_settings(message, tunnel);
        return message;
    }
};

} // namespace

Message::Message(std::uint16_t type, std::uint16_t flags, std::uint8_t command,
                 std::uint8_t version, std::uint32_t seq)
    : buffer_(message_size) {
    nlmsghdr* const message = mnl_nlmsg_put_header(buffer_.data());
    message->nlmsg_type = type;
    message->nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST);
    message->nlmsg_seq = seq;
    auto* genl = static_cast<genlmsghdr*>(mnl_nlmsg_put_extra_header(message, sizeof(genlmsghdr)));
    genl->cmd = command;
    genl->version = version;
}

void Message::put_u8(std::uint16_t type, std::uint8_t value) {
    put_bytes(type, &value, sizeof value);
}
void Message::put_u32(std::uint16_t type, std::uint32_t value) {
    put_bytes(type, &value, sizeof value);
}
void Message::put_u64(std::uint16_t type, std::uint64_t value) {
    put_bytes(type, &value, sizeof value);
}
void Message::put_text(std::uint16_t type, const std::string& value) {
    put_bytes(type, value.c_str(), value.size() + 1);
}

void Message::put_bytes(std::uint16_t type, const void* data, std::size_t size) {
    const std::size_t needed = header()->nlmsg_len + MNL_ATTR_HDRLEN + MNL_ALIGN(size);
    if (needed > buffer_.size()) buffer_.resize(needed);
    mnl_attr_put(header(), type, size, data);
}

std::span<const std::uint8_t> Message::bytes() const {
    return {buffer_.data(), reinterpret_cast<const nlmsghdr*>(buffer_.data())->nlmsg_len};
}

Message encode(const Operation& operation, std::uint16_t family, std::uint16_t flags,
               std::uint32_t seq) {
    return std::visit(Encoder{family, flags, seq}, operation);
}

std::uint8_t command_of(const nlmsghdr* message) {
    if (mnl_nlmsg_get_payload_len(message) < sizeof(genlmsghdr)) return 0;
    return static_cast<const genlmsghdr*>(mnl_nlmsg_get_payload(message))->cmd;
}

Info decode_info(const nlmsghdr* message) {
    const Attributes attributes(message);
    Info info;
    info.release = attributes.text(TUNQOS_A_INFO_RELEASE).value_or("");
    info.srcversion = attributes.text(TUNQOS_A_INFO_SRCVERSION).value_or("");
    info.capabilities = attributes.number<std::uint64_t>(TUNQOS_A_INFO_CAPABILITIES).value_or(0);
    info.generation = attributes.number<std::uint32_t>(TUNQOS_A_INFO_GENERATION).value_or(0);
    info.class_tag = attributes.number<std::uint8_t>(TUNQOS_A_INFO_CLASS_TAG).value_or(0);
    info.instance = message->nlmsg_type;
    return info;
}

std::optional<TunnelStatus> decode_tunnel(const nlmsghdr* message) {
    const Attributes attributes(message);
    const auto bound = binding(attributes);
    if (!bound) return std::nullopt;
    TunnelStatus status;
    Tunnel& tunnel = status.tunnel;
    tunnel.binding = *bound;
    tunnel.label = attributes.text(TUNQOS_A_TUNNEL_LABEL).value_or("");
    const auto u8 = [&](int type) { return attributes.number<std::uint8_t>(type); };
    each_dscp_source(tunnel, [&](const DscpSourceSetting& setting, auto& source) {
        get_source(attributes, setting, source);
    });
    tunnel.decap_permit = attributes.number<std::uint64_t>(TUNQOS_A_TUNNEL_DECAP_PERMIT);
    tunnel.decap_class = enumerator(u8(TUNQOS_A_TUNNEL_DECAP_CLASS), DecapClass::outer);
    tunnel.pre_classify = u8(TUNQOS_A_TUNNEL_PRE_CLASSIFY).value_or(0) != 0;
    tunnel.priority_table = attributes.array<PriorityTable>(TUNQOS_A_TUNNEL_PRIORITY_TABLE);
    decode_more_settings(attributes, tunnel);
    normalise(tunnel);
    status.phase = phase(attributes, TUNQOS_A_TUNNEL_STATE);
    status.problem = attributes.text(TUNQOS_A_TUNNEL_PROBLEM).value_or("");
    status.hooks = attributes.number<std::uint32_t>(TUNQOS_A_TUNNEL_HOOKS).value_or(0);
    status.kind = attributes.text(TUNQOS_A_TUNNEL_KIND).value_or("");
    status.encap = counters(attributes, TUNQOS_A_TUNNEL_ENCAP);
    status.decap = counters(attributes, TUNQOS_A_TUNNEL_DECAP);
    return status;
}

namespace {

void decode_arrival(const Attributes& attributes, Port& port) {
    port.arrival_dscp = attributes.array<ArrivalMap>(TUNQOS_A_PORT_ARRIVAL_DSCP);
    port.arrival_table = attributes.array<Table>(TUNQOS_A_PORT_ARRIVAL_TABLE);
    if (port.arrival_dscp)
        port.arrival_override =
            attributes.number<std::uint8_t>(TUNQOS_A_PORT_ARRIVAL_OVERRIDE).value_or(0) != 0;
}

} // namespace

std::optional<PortStatus> decode_port(const nlmsghdr* message) {
    const Attributes attributes(message);
    auto device = attributes.text(TUNQOS_A_PORT_DEVICE);
    if (!device) return std::nullopt;
    PortStatus status;
    status.port.device = std::move(*device);
    // Without a table it holds nothing that we would set: reconcile sets it.
    status.port.dscp_pcp = attributes.array<Table>(TUNQOS_A_PORT_DSCP_PCP);
    status.port.dscp_mark = attributes.array<Table>(TUNQOS_A_PORT_DSCP_MARK);
    // Another module may know fewer protocols, or more.
    const auto protocols = attributes.bytes(TUNQOS_A_PORT_PROTOCOL_PCP);
    for (std::size_t i = 0; i < std::min(protocols.size(), port_protocols.size()); ++i) {
        if (protocols[i] != table_leave) status.port.protocol_pcp[i] = protocols[i];
    }
    if (status.port.dscp_mark)
        status.port.mark_mask =
            attributes.number<std::uint32_t>(TUNQOS_A_PORT_MARK_MASK).value_or(0);
    decode_arrival(attributes, status.port);
    status.port.rules = attributes.number<std::uint8_t>(TUNQOS_A_PORT_RULES).value_or(0) != 0;
    status.phase = phase(attributes, TUNQOS_A_PORT_STATE);
    status.problem = attributes.text(TUNQOS_A_PORT_PROBLEM).value_or("");
    status.hooks = attributes.number<std::uint32_t>(TUNQOS_A_PORT_HOOKS).value_or(0);
    status.lower = attributes.text(TUNQOS_A_PORT_LOWER).value_or("");
    status.vid = attributes.number<std::uint16_t>(TUNQOS_A_PORT_VID);
    status.egress = counters(attributes, TUNQOS_A_PORT_EGRESS);
    status.ingress = counters(attributes, TUNQOS_A_PORT_INGRESS);
    return status;
}

std::optional<RuleStatus> decode_rule(const nlmsghdr* message) {
    const Attributes attributes(message);
    const auto u8 = [&](int type) { return attributes.number<std::uint8_t>(type).value_or(0); };
    const auto u32 = [&](int type) { return attributes.number<std::uint32_t>(type).value_or(0); };
    RuleStatus status;
    Rule& rule = status.rule;
    rule.number = u8(TUNQOS_A_RULE_NUMBER);
    if (rule.number == 0) return std::nullopt;
    rule.mark_mask = u32(TUNQOS_A_RULE_MARK_MASK);
    rule.cos_mask = u32(TUNQOS_A_RULE_COS_MASK);
    rule.arrival_dscp = attributes.array<ArrivalMap>(TUNQOS_A_RULE_ARRIVAL_DSCP);
    rule.arrival_override = rule.arrival_dscp && u8(TUNQOS_A_RULE_ARRIVAL_OVERRIDE) != 0;
    rule.arrival_tag = attributes.array<ArrivalMap>(TUNQOS_A_RULE_ARRIVAL_TAG);
    rule.dscp_tag = attributes.array<Table>(TUNQOS_A_RULE_DSCP_TAG);
    rule.insert_tag = u8(TUNQOS_A_RULE_INSERT_TAG) != 0;
    status.hooks = u32(TUNQOS_A_RULE_HOOKS);
    status.original = counters(attributes, TUNQOS_A_RULE_ORIGINAL);
    status.reply = counters(attributes, TUNQOS_A_RULE_REPLY);
    return status;
}

std::optional<Reason> decode_reason(const nlmsghdr* message) {
    const Attributes attributes(message);
    const auto reason = attributes.number<std::uint32_t>(TUNQOS_A_REASON_REASON);
    if (!reason) return std::nullopt;
    return Reason{*reason, attributes.number<std::uint64_t>(TUNQOS_A_REASON_PACKETS).value_or(0)};
}

std::optional<Family> decode_family(const nlmsghdr* message, const std::string& name) {
    const Attributes attributes(message);
    const auto id = attributes.number<std::uint16_t>(CTRL_ATTR_FAMILY_ID);
    if (attributes.text(CTRL_ATTR_FAMILY_NAME) != name || !id) return std::nullopt;
    Family family{*id, 0};
    const nlattr* groups = attributes.find(CTRL_ATTR_MCAST_GROUPS);
    if (!groups) return family;
    each_attribute(
        mnl_attr_get_payload(groups), mnl_attr_get_payload_len(groups), [&](const nlattr* group) {
            const Attributes fields(group);
            if (fields.text(CTRL_ATTR_MCAST_GRP_NAME) != TUNQOS_MCGRP_EVENTS) return;
            family.events_group = fields.number<std::uint32_t>(CTRL_ATTR_MCAST_GRP_ID).value_or(0);
        });
    return family;
}

} // namespace tunqos::kernel

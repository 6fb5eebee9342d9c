// SPDX-License-Identifier: GPL-2.0-or-later
//
// Is a configuration sound? Every problem at once, named as a person would name it and
// with the way out. Whether a device exists is no question here: the module keeps a
// profile pending until it does.
#include <algorithm>

#include "names.hpp"
#include "tunqos/address.hpp"
#include "tunqos/config.hpp"
#include "tunqos/problem_list.hpp"
#include "validate_rules.hpp"

namespace tunqos {

namespace {

constexpr std::size_t binding_label_max = 63; // TUNQOS_LABEL_MAX
constexpr std::uint32_t sequence_max = 65535; // IOS
constexpr std::size_t description_max = 240;  // IOS

class Validator {
public:
    Validator(const Config& config, const Config* before) : config_(config), before_(before) {}

    Problems run() {
        qos_maps(config_.qos_maps);
        for (const auto& [name, map] : config_.table_maps)
            table_map(name, map);
        for (const auto& [key, map] : config_.crypto_maps)
            crypto_map(key, map);
        for (const auto& [name, interface] : config_.interfaces)
            check_interface(name, interface);
        validate_rules(config_, before_, problems_);
        return problems_.take();
    }

private:
    enum class Use { dscp, pcp, priority, mark };

    void problem(std::string path, std::string message) {
        problems_.add({std::move(path), std::move(message)});
    }

    void description(const std::string& text, const std::string& owner) {
        if (text.empty()) return;
        const std::string path = owner + " / description";
        if (text.size() > description_max)
            problem(path, "is longer than " + std::to_string(description_max) + " bytes");
        if (!utf8(text))
            problem(path, "is not UTF-8");
        else if (!is_printable(text))
            problem(path,
                    "must be one line without control characters, and without characters that "
                    "have no width or change the direction of writing");
        if (text.front() == ' ' || text.back() == ' ')
            problem(path, "must not begin or end with a space");
    }

    void table_map(const std::string& name, const TableMap& map) {
        const std::string path = "table-map " + name;
        if (!object_name(name)) problem(path, "a name has 1-64 letters, digits, - and _");
        DscpSet missing;
        missing.set();
        for (const auto& [from, to] : map.map) {
            if (from >= dscp_count) {
                problem(path + " / map " + std::to_string(from), "is not a DSCP (0-63)");
                continue;
            }
            missing.reset(from);
            if (to >= dscp_count)
                problem(path + " / map " + to_string(Dscp{from}),
                        std::to_string(to) + " is out of range (0-63)");
        }
        if (map.fallback == TableDefault::value && map.default_value >= dscp_count)
            problem(path + " / default",
                    std::to_string(map.default_value) + " is out of range (0-63)");
        if (!map.fallback && missing.any())
            problem(path, "has no default and no line for " + to_string(missing) +
                              "; add them, or default copy or default ignore");
    }

    void qos_maps(const QosMaps& maps) {
        for (std::size_t cos = 0; cos < maps.cos_dscp.size(); ++cos) {
            if (maps.cos_dscp[cos] >= dscp_count)
                problem("mls qos map cos-dscp / CoS " + std::to_string(cos),
                        std::to_string(maps.cos_dscp[cos]) + " is out of range (0-63)");
        }
        each_wrong(maps.dscp_cos, pcp_count, [&](Dscp from, const std::string& to) {
            problem("mls qos map dscp-cos / " + to_string(from), to + " is no CoS; use 0-7");
        });
        for (const auto& [name, table] : maps.mutations) {
            const std::string path = "mls qos map dscp-mutation " + name;
            if (!object_name(name)) problem(path, "a name has 1-64 letters, digits, - and _");
            each_wrong(table, dscp_count, [&](Dscp from, const std::string& to) {
                problem(path + " / " + to_string(from), to + " is out of range (0-63)");
            });
        }
    }

    template <typename Tell>
    static void each_wrong(const Table& table, std::size_t limit, const Tell& tell) {
        for (std::size_t i = 0; i < table.size(); ++i) {
            if (table[i] >= limit)
                tell(Dscp{static_cast<std::uint8_t>(i)}, std::to_string(table[i]));
        }
    }

    // A table that `user` refers to exists and its values fit the use.
    void table(const std::string& name, const std::string& user, Use use) {
        const auto found = config_.table_maps.find(name);
        if (found == config_.table_maps.end() && before_ && before_->table_maps.contains(name)) {
            const std::string setting = user.substr(user.find(" / ") + 3);
            problem("table-map " + name, "is used by " + user + "; take it off there first (no " +
                                             setting + "), or use another table-map there");
            return;
        }
        if (found == config_.table_maps.end()) {
            problem(user, "there is no table-map " + (name.empty() ? "without a name" : name) +
                              "; define it, or change this setting before removing it");
            return;
        }
        if (use != Use::pcp) return;
        const TableMap& map = found->second;
        const auto check = [&](const std::string& line, std::uint8_t value) {
            if (value < pcp_count) return;
            problem("table-map " + name + " / " + line,
                    std::to_string(value) + " is not an 802.1p priority (0-7), as which " + user +
                        " uses it");
        };
        for (const auto& [from, to] : map.map)
            check("map " + to_string(Dscp{from}), to);
        if (map.fallback == TableDefault::value) check("default", map.default_value);
    }

    void permit(const Decap& decap, const std::string& owner) {
        if (!decap.permit) return;
        if (decap.dscp == DecapDscp::keep)
            problem(owner + " / tunnel decap dscp",
                    "keep takes no permit list, as nothing is copied; leave permit out or use "
                    "copy or table");
        else if (decap.permit->none())
            problem(owner + " / tunnel decap dscp",
                    "the permit list is empty, so that nothing would be copied; use keep");
    }

    void inner(const Encap& encap, const std::string& owner) {
        if (encap.inner != EncapInner::keep && encap.dscp == EncapDscp::native)
            problem(owner + " / tunnel encap inner-dscp",
                    "does not go with encap dscp native: the kernel would make the outer DSCP "
                    "from the rewritten inner one; use tunnel encap dscp copy, set or table, or "
                    "no tunnel encap inner-dscp");
    }

    // What nobody writes cannot be brought into the aggregate.
    void single_aggregate(const Encap& encap, const std::string& owner) {
        if (!encap.single_aggregate) return;
        const std::string path = owner + " / tunnel encap single-aggregate";
        if (encap.single_aggregate->value.value >= dscp_count)
            problem(path, std::to_string(encap.single_aggregate->value.value) +
                              " is out of range (0-63)");
        if (encap.dscp == EncapDscp::native)
            problem(path,
                    "does not go with encap dscp native, which leaves the outer DSCP to the "
                    "kernel; use tunnel encap dscp copy, set or table, or no tunnel encap "
                    "single-aggregate");
        const auto found = config_.table_maps.find(encap.dscp.table);
        if (encap.dscp != EncapDscp::table || found == config_.table_maps.end()) return;
        DscpSet left;
        const Table table = compile_table(found->second);
        for (std::size_t i = 0; i < table.size(); ++i)
            left.set(i, table[i] == table_leave);
        if (left.any() && found->second.fallback)
            problem(path, "table-map " + encap.dscp.table + " ignores " + to_string(left) +
                              ", whose outer DSCP is then the kernel's; give it default copy or a "
                              "value, or lines for these");
    }

    // A table exists, a value is a DSCP.
    template <typename Mode>
    void source(const DscpSource<Mode>& source, const std::string& path) {
        if (source == Mode::table) table(source.table, path, Use::dscp);
        if (source.value.value >= dscp_count)
            problem(path, std::to_string(source.value.value) + " is out of range (0-63)");
    }

    void diffserv_mode(const DiffservMode& mode, const std::string& path) {
        source(mode.dscp, path);
        if (mode.permit && mode.permit->none())
            problem(path,
                    "the permit list is empty, so that nothing would be copied; use short-pipe");
    }

    void profile(const TunnelProfile& profile, const std::string& owner) {
        const auto& [encap, decap, pre_classify, options, mode] = profile;
        each_dscp_source(profile, [&](const DscpSourceSetting& setting, const auto& made) {
            const bool by_mode =
                &setting == &settings::encap_dscp && said_by_mode(profile).encap_dscp;
            if (!by_mode) source(made, owner + " / " + line_of(setting));
        });
        inner(encap, owner);
        single_aggregate(encap, owner);
        each_setting([&](const auto& setting) {
            if constexpr (requires { (profile.options.*setting.member)->value; }) {
                const std::optional<Dscp>& dscp = profile.options.*setting.member;
                if (dscp && dscp->value >= dscp_count)
                    problem(owner + " / " + line_of(setting),
                            std::to_string(dscp->value) + " is out of range (0-63)");
            }
        });
        if (mode) diffserv_mode(*mode, owner + " / tunnel diffserv-mode");
        permit(decap, owner);
        classes(pre_classify, owner + " / qos pre-classify");
    }

    void classes(const PreClassify& pre_classify, const std::string& path) {
        const auto& [enabled, name, handle, via, mask] = pre_classify;
        if (!name.empty()) {
            table(name, path, Use::priority);
            if (!enabled) problem(path, "is off, but has a table");
            if (handle != 0) class_numbers(name, handle, path);
        } else if (handle != 0) {
            problem(path, "handle " + handle_text(handle) +
                              " is the queue's whose classes a table names; add table NAME, or "
                              "take it out");
        }
        if (via == ClassVia::priority && !name.empty())
            problem(path,
                    "via priority does not go with a table, which writes the same field of "
                    "the packet (skb->priority); use one of them, or via mark");
        if (via == ClassVia::mark && !holds_dscp(mask))
            problem(path, "mask " + hexadecimal(mask) +
                              " has no room for a DSCP, which is six bits in a row; use one such "
                              "as 0x3f00");
        if (!enabled && via != ClassVia::companion)
            problem(path, "is off, but says via " + std::string(to_string(via)));
    }

    // A class is numbered from 1 on: 0 is the queue itself, and HTB sends what is given it past
    // all of its classes.
    void class_numbers(const std::string& name, std::uint16_t handle, const std::string& path) {
        const auto found = config_.table_maps.find(name);
        if (found == config_.table_maps.end()) return;
        const Table numbers = compile_table(found->second);
        const auto* const zero = std::find(numbers.begin(), numbers.end(), std::uint8_t{0});
        if (zero == numbers.end()) return;
        problem(path, "table-map " + name + " has 0 for " +
                          describe(Dscp{static_cast<std::uint8_t>(zero - numbers.begin())}) +
                          ", but " + handle_text(handle) +
                          " has no class 0; give it another number, or default ignore");
    }

    void crypto_map(const CryptoMapKey& key, const CryptoMap& map) {
        const std::string label = key.name + ' ' + std::to_string(key.sequence);
        const std::string path = "crypto map " + label;
        if (key.name.empty() || !word(key.name))
            problem(path, "a name has letters, digits, - and _");
        if (label.size() > binding_label_max)
            problem(path, "name and sequence number together are longer than 63 characters");
        if (key.sequence < 1 || key.sequence > sequence_max)
            problem(path, "the sequence number is out of range (1-65535)");
        description(map.description, path);
        profile(map.tunnel, path);
        if (auto wrong = check_ipsec_decap(map.tunnel.decap, path))
            problems_.add(std::move(*wrong));
        device_only(map.tunnel, path);
        check_match(map.match, label, path);
    }

    // What there is on tunnel devices only.
    void device_only(const TunnelProfile& profile, const std::string& owner) {
        each_setting([&](const auto& setting) {
            const auto& value = profile.options.*setting.member;
            if (!setting.not_on_sas.empty() && value != std::remove_cvref_t<decltype(value)>{})
                problem(owner + " / " + line_of(setting), std::string(setting.not_on_sas));
        });
    }

    // Which SAs the entry binds, and that no other entry binds just these.
    void check_match(const Selector& match, const std::string& label, const std::string& owner) {
        const std::size_t before = problems_.count();
        Selector canonical = match;
        canonical.peer = host(match.peer, owner + " / set peer");
        canonical.local = host(match.local, owner + " / match local");
        const auto v6 = [](const std::string& text) { return text.find(':') != text.npos; };
        if (!canonical.peer.empty() && !canonical.local.empty() &&
            v6(canonical.peer) != v6(canonical.local))
            problem(owner + " / match local",
                    match.local + " and the peer " + match.peer +
                        " are of different families, and an SA has one; use two addresses of IPv4 "
                        "or two of IPv6");
        number(match.reqid, "request ID", owner + " / match reqid");
        number(match.if_id, "interface ID", owner + " / match if-id");
        number(match.spi, "SPI", owner + " / match spi");
        if (match.mark) mark(*match.mark, owner + " / match mark");
        if (match.empty() || problems_.count() > before) return;
        const auto [other, added] = selectors_.emplace(canonical, label);
        if (added) return;
        Selector only_peer;
        only_peer.peer = canonical.peer;
        if (canonical == only_peer)
            problem(owner + " / set peer", match.peer + " is the peer of crypto map " +
                                               other->second + " already; a peer has one profile");
        else
            problem(owner + " / match", to_string(canonical) + " is what crypto map " +
                                            other->second +
                                            " binds already; remove one, or match something else");
    }

    // The address in its one form; as it is if it is wrong.
    std::string host(const std::string& text, const std::string& path) {
        if (text.empty()) return text;
        if (const auto why = host_problem(text)) problem(path, text + ' ' + *why);
        return canonical_address(text).value_or(text);
    }

    void number(const std::optional<std::uint32_t>& value, const char* what,
                const std::string& path) {
        if (value && *value == 0)
            problem(path, "0 is no " + std::string(what) +
                              " (1-4294967295); take it out to match any SA");
    }

    void mark(const Mark& mark, const std::string& path) {
        if (mark.mask == 0)
            problem(path, "mask 0 matches every mark; take it out, or give a mask such as 0xff");
        else if ((mark.value & ~mark.mask) != 0)
            problem(path, hexadecimal(mark.value) + " has bits outside of the mask " +
                              hexadecimal(mark.mask) + ", so that no SA can have it; use " +
                              hexadecimal(mark.value & mark.mask) + ", or a longer mask");
    }

    void check_interface(const std::string& name, const Interface& interface) {
        const std::string path = "interface " + name;
        if (!device_name(name))
            problem(path, "a device name has 1-15 characters, without space, / and :");
        if (!utf8(name))
            problem(path, "the name is not UTF-8");
        else if (device_name(name) && !is_printable(name))
            problem(path,
                    "the name has a character that is not shown as it is (a control character, "
                    "one without width, one that changes the direction of writing); rename the "
                    "device");
        description(interface.description, path);
        if (interface.tunnel && interface.has_cos())
            problem(path,
                    "set cos is for ports, and so is qos 802.1p, and tunnel settings are for "
                    "tunnels; an interface has one of them");
        if (interface.tunnel) profile(*interface.tunnel, path);
        if (interface.port && !interface.port->table.empty())
            table(interface.port->table, path + " / set cos dscp", Use::pcp);
        for (std::size_t i = 0; i < port_protocols.size(); ++i) {
            if (interface.protocol_cos[i].value_or(0) > 7)
                problem(path + " / set cos " + std::string(port_protocols[i]),
                        std::to_string(*interface.protocol_cos[i]) + " is no CoS; use 0-7");
        }
        trust(interface.mls_qos, path);
        if (interface.set_dscp) set_dscp(interface, path);
        if (interface.mark) mark_of_dscp(*interface.mark, path + " / set mark dscp");
    }

    void trust(const MlsQos& mls, const std::string& owner) {
        if (mls.cos >= pcp_count)
            problem(owner + " / mls qos cos", std::to_string(mls.cos) + " is no CoS; use 0-7");
        if (!mls.mutation.empty()) mutation(mls.mutation, owner + " / mls qos dscp-mutation");
    }

    void mutation(const std::string& name, const std::string& user) {
        if (config_.qos_maps.mutations.contains(name)) return;
        if (before_ && before_->qos_maps.mutations.contains(name))
            problem("mls qos map dscp-mutation " + name,
                    "is used by " + user + "; take it off there first (no mls qos dscp-mutation)");
        else
            problem(user, "there is no dscp-mutation " + name +
                              "; define it (mls qos map dscp-mutation " + name +
                              " DSCP-LIST to DSCP), or take this setting out");
    }

    // As on IOS a policy for what arrives and trust exclude each other.
    void set_dscp(const Interface& interface, const std::string& owner) {
        const std::string path = owner + " / set dscp";
        const MlsQos& mls = interface.mls_qos;
        source(interface.set_dscp->dscp, path);
        const std::string other = mls.trust != PortTrust::none ? "mls qos trust"
                                  : mls.override               ? "mls qos cos override"
                                                               : "";
        if (!other.empty())
            problem(path, "does not go with " + other +
                              ", which decides on the same DSCP; type no " + other +
                              ", or no set dscp");
    }

    // Each number must be seen in the mark as it is in the table.
    void mark_of_dscp(const MarkProfile& mark, const std::string& path) {
        if (mark.mask == 0) problem(path, "mask 0 leaves no bit to set; give one such as 0xff");
        if (!mark.table.empty()) table(mark.table, path, Use::mark);
        const auto found = config_.table_maps.find(mark.table);
        const bool named = found != config_.table_maps.end();
        if (mark.mask == 0 || named == mark.table.empty()) return;
        const Table numbers = compile_table(named ? found->second : TableMap{});
        const auto dscp = without_room(numbers, mark.mask);
        if (!dscp) return;
        problem(path, "mask " + hexadecimal(mark.mask) + " has no room for " +
                          std::to_string(numbers[dscp->value]) + ", the number for " +
                          describe(*dscp) +
                          (named ? " in table-map " + mark.table : std::string()) +
                          "; give a mask with more bits in a row, or a table-map with smaller "
                          "numbers (default 0 or default ignore for the other code points)");
    }

    const Config& config_;
    const Config* before_;
    ProblemList problems_;
    std::map<Selector, std::string> selectors_; // -> label
};

} // namespace

std::optional<Problem> check_ipsec_decap(const Decap& decap, const std::string& owner) {
    if (decap.dscp == DecapDscp::keep || decap.permit) return std::nullopt;
    const std::string mode = to_string(decap.dscp);
    return Problem{
        owner + " / tunnel decap dscp",
        mode +
            " needs a permit list on IPsec: nothing protects the outer mark, so that "
            "anyone on the path could choose the class behind the tunnel (RFC 2983 section "
            "7); for example: tunnel decap dscp " +
            mode + " permit 0-47" +
            (decap.dscp == DecapDscp::copy ? ", or tunnel diffserv-mode uniform permit 0-47" : "")};
}

Problems validate(const Config& config, const Config* before) {
    return Validator(config, before).run();
}

} // namespace tunqos

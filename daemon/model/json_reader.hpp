// SPDX-License-Identifier: GPL-2.0-or-later
//
// From a JSON value to a configuration: json.cpp; json_tunnel.cpp for a tunnel's profile,
// json_port.cpp for ports and their maps, and json_rules.cpp for rules and zones.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json_value.hpp"
#include "tunqos/config.hpp"
#include "tunqos/problem_list.hpp"

namespace tunqos {

// Strict reading: every problem is collected with its path, unknown keys are problems,
// and what cannot be read is left at its default so that reading goes on. Whether the
// parts fit each other is validate()'s business.
class ConfigReader {
public:
    ProblemList problems;
    // What has a problem, by the key of its kind ("interfaces") and its own.
    std::set<std::pair<std::string_view, std::string>> broken;
    Change* change = nullptr; // null removes an object, which is noted there

    Config config(const nlohmann::json& value);

private:
    using Keys = std::initializer_list<std::string_view>;

    bool removes(const nlohmann::json& value) const { return change && value.is_null(); }

    void problem(Path path, std::string message);

    bool object(const nlohmann::json& value, Path path, std::span<const std::string_view> keys);
    bool object(const nlohmann::json& value, Path path, Keys keys) {
        return object(value, path, std::span(keys.begin(), keys.size()));
    }
    bool any_object(const nlohmann::json& value, Path path);
    std::string text(const nlohmann::json& object, std::string_view key, Path path);
    std::optional<std::string> only_key(const nlohmann::json& value, std::string_view key,
                                        Path path, std::string_view expected);
    std::optional<std::uint8_t> number(
        const nlohmann::json& value, Path path,
        std::string_view expected = "a number 0-63 or a name such as \"ef\"");
    void map_lines(const nlohmann::json& value, Path path,
                   const std::function<bool(Dscp from, std::uint8_t to)>& put);
    TableMap table_map(const nlohmann::json& value, Path path);
    void table_default(const nlohmann::json& value, Path path, TableMap& map);
    template <Worded Value>
    void setting(const nlohmann::json& value, Path path, Value& to);
    void setting(const nlohmann::json& value, Path path, std::optional<Dscp>& to);
    bool section(const nlohmann::json& value, Path path, std::string_view name, Keys keys,
                 TunnelOptions& options);
    template <typename Mode>
    void source(const nlohmann::json& value, Path path, DscpSource<Mode>& source);
    template <typename Mode>
    void source_of(const nlohmann::json& section, Path path, const DscpSourceSetting& setting,
                   DscpSource<Mode>& to);
    std::optional<Aggregate> aggregate(const nlohmann::json& value, Path path);
    Encap encap(const nlohmann::json& value, Path path, TunnelOptions& options);
    std::optional<DscpSet> permit(const nlohmann::json& value, Path path);
    std::optional<DiffservMode> mode(const nlohmann::json& value, Path path);
    Decap decap(const nlohmann::json& value, Path path, TunnelOptions& options);
    PreClassify pre_classify(const nlohmann::json& value, Path path);
    void class_via(const nlohmann::json& value, Path path, PreClassify& pre_classify);
    TunnelProfile tunnel(const nlohmann::json& value, Path path);
    PortProfile port(const nlohmann::json& value, Path path);
    ProtocolCos protocol_cos(const nlohmann::json& value, Path path);
    MarkProfile mark(const nlohmann::json& value, Path path);
    bool truth(const nlohmann::json& object, std::string_view key, Path path);
    MlsQos mls_qos(const nlohmann::json& value, Path path);
    SetDscp set_dscp(const nlohmann::json& value, Path path);
    CosMap cos_dscp(const nlohmann::json& value, Path path);
    Table dscp_table(const nlohmann::json& value, Path path, Table table);
    QosMaps qos_maps(const nlohmann::json& value, Path path);
    RuleEnd rule_end(const nlohmann::json& value, std::string_view address, std::string_view ports,
                     Path path);
    template <typename Put>
    void code_points(const nlohmann::json& value, Path path, std::string_view expected,
                     std::size_t count, const Put& put);
    RuleMatch rule_match(const nlohmann::json& value, Path path);
    std::optional<std::uint8_t> rule_action(const nlohmann::json& rule, std::string_view key,
                                            Path path, std::string_view number_text,
                                            RuleAction& action);
    Rule rule(const nlohmann::json& value, Path path);
    std::optional<RuleSequence> rule_sequence(const std::string& key, Path path);
    Zone zone(const nlohmann::json& value, Path path);
    RuleOptions rule_options(const nlohmann::json& value, Path path);
    Interface interface(const nlohmann::json& value, Path path);
    std::string address(const nlohmann::json& object, std::string_view key, Path path);
    std::optional<std::uint32_t> u32(const nlohmann::json& value, Path path,
                                     std::string_view expected);
    void match(const nlohmann::json& value, Path path, Selector& match);
    CryptoMap crypto_map(const nlohmann::json& value, Path path);
    std::optional<CryptoMapKey> crypto_map_key(const std::string& key, Path path);
};

} // namespace tunqos

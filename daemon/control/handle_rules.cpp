// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rules as they are configured, joined with what the module says of each by its number.
#include "control/handlers.hpp"
#include "control/show_state.hpp"
#include "tunqos/json_parts.hpp"

namespace tunqos {

using nlohmann::json;

namespace {

using Reports = Reported<std::uint8_t, kernel::RuleStatus>;

// It waits for no device: what the module has is in effect.
void put_rule_state(json& value, const kernel::RuleStatus* status,
                    const std::optional<Problem>& no_module, const std::string& refusal) {
    if (status == nullptr) {
        put_absence(value, no_module, refusal);
        return;
    }
    value["state"] = phase_name(kernel::Phase::active);
    value["problem"] = nullptr;
    value["hooks"] = names(kernel::names::hooks, status->hooks);
}

json rule_json(RuleSequence sequence, std::uint8_t number, const Rule& rule,
               const Reports& reported, const std::string& refusal) {
    const kernel::RuleStatus* const status = reported.find(number);
    json value = rule_to_json(rule, Keys::all);
    value["sequence"] = sequence;
    value["number"] = number;
    put_rule_state(value, status, reported.no_module, refusal);
    if (says_nothing(rule))
        value.update({{"state", "incomplete"},
                      {"problem", "has no match and sets nothing yet; use match or set"}});
    put_counters(value["original"], status ? status->original : kernel::Counters{});
    put_counters(value["reply"], status ? status->reply : kernel::Counters{});
    return value;
}

// The number of the parameter `sequence`, which may be left out.
RpcResult<std::optional<RuleSequence>> wanted_rule(const json& params) {
    const auto found = params.find("sequence");
    if (found == params.end() || found->is_null()) return std::optional<RuleSequence>();
    if (!found->is_number_unsigned() || found->get<std::uint64_t>() > UINT32_MAX)
        return invalid_params("params / sequence", "must be a number");
    return std::optional(found->get<RuleSequence>());
}

} // namespace

JsonResult handle_show_rules(Context& context, const json& params) {
    const auto wanted = wanted_rule(params);
    if (!wanted) return tl::make_unexpected(wanted.error());
    Manager& manager = context.manager;
    auto answer = manager.kernel().rules();
    since_cleared(answer, manager.baselines());
    const auto reported = report<std::uint8_t, kernel::RuleStatus>(
        answer, [](const auto& status) { return status.rule.number; });
    if (!reported) return tl::make_unexpected(reported.error());
    json list = json::array();
    std::uint8_t number = 0;
    for (const auto& [sequence, rule] : manager.running().rules) {
        ++number;
        if (*wanted && **wanted != sequence) continue;
        list.push_back(rule_json(sequence, number, rule, *reported,
                                 manager.refusal("rule " + std::to_string(number))));
    }
    if (*wanted && list.empty())
        return invalid_params(
            "", "there is no qos rule " + std::to_string(**wanted) + "; see show qos rules");
    return json{{"rules", std::move(list)}};
}

} // namespace tunqos

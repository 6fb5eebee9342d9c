// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the daemon answers to the show methods (tunqos/rpc.hpp), as values for the renderers.
// Reading is lenient: what an older daemon does not say stays empty.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tunqos/arrival.hpp"
#include "tunqos/dscp_source.hpp"
#include "tunqos/rules.hpp"
#include "tunqos/settings.hpp"

namespace tunqos::cli {

struct Counters {
    std::uint64_t packets = 0;
    std::uint64_t written = 0;
    std::uint64_t left_alone = 0;
    std::uint64_t dropped = 0;
};

struct TunnelStatus {
    std::string name;
    std::string binding; // "device", "ipsec"
    std::string peer;
    std::vector<std::string> match; // "reqid 5", beside the peer
    std::string kind;               // "gre", "ipip", ...
    std::string model;
    std::string state;
    std::string problem;
    std::vector<std::string> warnings;
    std::vector<std::string> sa_warnings; // of the SAs that it binds
    std::vector<std::string> notes;
    std::vector<std::string> hooks;

    DscpSource<EncapDscp> encap_dscp{};
    DscpSource<EncapInner> encap_inner{};
    std::string encap_single; // "af4"; empty: off
    bool encap_by_kernel = false;
    Counters encap;

    DscpSource<DecapDscp> decap_dscp{};
    std::string permit;
    std::string decap_class; // "inner", "outer"
    Counters decap;

    bool pre_classify = false;
    std::string pre_classify_table;
    std::string pre_classify_handle;
    std::string pre_classify_via; // "companion", "priority", "mark"
    std::string pre_classify_mask;

    TunnelOptions options;
};

struct PortStatus {
    struct Cos {
        bool dscp = true;   // by the DSCP
        bool rules = false; // with qos 802.1p
        std::string table;  // empty: mls qos map dscp-cos
        std::vector<std::pair<std::string, std::uint64_t>> protocols;
        Counters egress;
    };
    struct FromDscp {
        std::string table; // empty: the DSCP itself
        std::string mask;
        Counters ingress;
    };

    struct Arrival {
        MlsQos mls;
        std::optional<SetDscp> set;
        std::optional<Counters> ingress; // none: all marks are kept
    };

    std::string name;
    std::string lower;
    std::optional<std::uint32_t> vid;
    std::string state;
    std::string problem;
    std::vector<std::string> warnings, notes;
    std::vector<std::string> hooks;
    std::optional<Cos> cos;         // with set cos or qos 802.1p
    std::optional<FromDscp> mark;   // with set mark
    std::optional<Arrival> arrival; // with mls qos or set dscp
};

struct RuleStatus {
    RuleSequence sequence = 0;
    std::uint64_t number = 0; // in the mark
    Rule rule;
    std::string state;
    std::string problem;
    std::vector<std::string> hooks;
    Counters original, reply;
};

struct SaStatus {
    struct Drops {
        std::uint64_t late = 0, repeated = 0, broken = 0;
    };

    std::string name;      // "esp 0x1001 from 203.0.113.2"
    std::string direction; // "in", "out", "unknown"
    std::string peer, local;
    std::string protocol, spi, mode;
    std::uint64_t reqid = 0;
    std::string if_id, mark;        // empty: none
    std::vector<std::string> flags; // "decap-dscp"
    std::uint64_t window = 0;
    Drops drops, recent;
    std::string bound; // "crypto map vpn 10"; empty: unbound
    std::vector<std::string> warnings, notes;
};

struct ReasonStatus {
    std::string reason;
    std::uint64_t packets = 0;
};

struct WatchStatus {
    struct Finding {
        std::string object; // whose settings it harms: "interface gre1"
        std::string text;   // where, what and the remedy
    };
    struct Entry {
        std::string what, level, where, remedy;
        std::string state; // "seen", "not-seen", "unknown"
        std::vector<Finding> findings;
    };
    std::vector<Entry> entries;
    std::vector<std::string> problems; // why something is unknown
};

struct ChangeStatus {
    std::uint64_t number = 0;
    std::uint64_t index = 0; // of its first line
    std::uint64_t time = 0;  // seconds since 1970
    std::string from;        // "console", or a file
    std::string user, line;  // "alice", "pts/0"
    std::string program;     // "tunqos[4711]"; empty: not known
    std::vector<std::string> lines;
};

struct VersionStatus {
    std::string daemon;
    bool module_loaded = false;
    std::string release;
    std::string srcversion;
    std::vector<std::string> capabilities;
    std::uint64_t generation = 0;
    std::string class_tag;
    std::string problem;
    std::string netns;
    std::string config_file;
};

std::vector<TunnelStatus> tunnels_from_json(const nlohmann::json& result);
std::vector<PortStatus> ports_from_json(const nlohmann::json& result);
std::vector<RuleStatus> rules_from_json(const nlohmann::json& result);
std::vector<SaStatus> sas_from_json(const nlohmann::json& result);
std::vector<ReasonStatus> reasons_from_json(const nlohmann::json& result);
WatchStatus watch_from_json(const nlohmann::json& result);
std::vector<ChangeStatus> changes_from_json(const nlohmann::json& result);
VersionStatus version_from_json(const nlohmann::json& result);

} // namespace tunqos::cli

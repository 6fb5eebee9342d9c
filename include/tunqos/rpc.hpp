// SPDX-License-Identifier: GPL-2.0-or-later
//
// The control socket: JSON-RPC 2.0 on a unix stream socket, one message a line (JSON
// text has no raw newline), a request at most max_message bytes. Any local user of group tunqos
// and root may read; only root, or the user the daemon runs as, may change (SO_PEERCRED).
//
// One daemon serves one network namespace. Its socket is named after the namespace, so
// that the CLI finds the daemon of the namespace it runs in: see default_socket_path().
//
//  method          params and result
//  version         -
//                  {daemon, module: {loaded, release, srcversion, capabilities: [..], generation,
//                  classTag} | {loaded: false, problem}, netns: {inode, name|null}, configFile}
//  config.get      {source: "running"|"startup", interface?}
//                  {config, generation}: of this interface alone if it is named
//  config.set      {config, generation?, check?: bool}
//                  {generation, changes: [text], warnings: [text]}
//                  generation: refused with error stale if it is not the running one any more.
//                  check: validate and diff only.
//  config.change   {config, generation?, check?: bool}
//                  as config.set, but the others stay: only objects that are named change, a
//                  null removes one. Warnings may be about these objects only.
//  config.save     -
//                  {file}: write memory
//  config.reload   -
//                  as config.set: the file becomes the running configuration
//  config.unsaved  -
//                  {changes: [text]}: from the file to the running configuration
//  config.log      -
//                  {changes: [{number, index: of its first line, time: seconds since 1970, from:
//                  "console"|file, user, line: "pts/0", uid, pid|null, program|null, lines:
//                  [text]}]}: who changed what, the last 1,000 lines, the oldest first
//  counters.clear  {name?}
//                  {}: from now on show counts from 0, of this tunnel or port or of everything,
//                  until the daemon or the module starts again
//  show.tunnels    {name?}
//                  {tunnels: [TunnelStatus]}
//  show.ports      {name?}
//                  {ports: [PortStatus]}
//  show.rules      {sequence?}
//                  {rules: [RuleStatus]}: in their order
//  show.reasons    -
//                  {reasons: [{reason, packets}]}
//  show.sas        -
//                  {sas: [SaStatus]}: the IPsec SAs of the kernel, without their keys
//  show.watch      -
//                  {watched: [{what, level, where, remedy, state, findings: [{object, text}]}],
//                  problems: [text]}: what else on this machine acts on marks
//
//  What is configured reads in a status as in the configuration (tunqos/json.hpp), and every key is
//  always there: with the default, or null where there is none. All of it, and every answer, is in
//  packaging/schema/tunqos-1.schema.json.
//  TunnelStatus {name: "gre1" | "vpn 10", binding: "device"|"ipsec", kind|null, model, state:
//                "pending"|"active"|"no-sa"|"failed"|"incomplete"|"no-module", problem|null,
//                hooks: [..], encap and decap: as configured, with packets, written, leftAlone and
//                dropped; encap: byKernel: bool, too; of the configuration also preClassify,
//                diffservMode, what settings.hpp has, peer, match}
//  PortStatus   {name, lower|null, vid|null, state, problem|null, hooks: [..],
//                egress: {packets, written, leftAlone, dropped}|null: with set cos, ingress: the
//                same, of what becomes of the DSCP of what arrives, or else of set mark; of the
//                configuration port, protocolCos, mark, mlsQos, setDscp and 802.1p}
//  RuleStatus   {sequence, number: in the mark of its connections, state: "active"|"failed"|
//                "incomplete"|"no-module", problem|null, hooks: [..], original, reply: {packets,
//                written, leftAlone, dropped}: by the direction of the connection, of their DSCP;
//                of the configuration the rest}
//  The first two have warnings: [text], notes: [text] and acting: [{what, place}] of what else acts
//  on the marks, and a tunnel also saWarnings: [text].
//
//  SaStatus     {name: "esp 0x1001 from 203.0.113.2", direction: "in"|"out"|"unknown", peer, local,
//                protocol, spi: "0x1001", mode, reqid, ifId|null, mark: "0x10/0xff"|null,
//                natTraversal: bool, decapDscp: bool, dontEncapDscp: bool, noEcn: bool,
//                replayWindow, drops: {late, repeated, broken}: since the SA was made, recentDrops:
//                the same: of the last 10 seconds at which somebody looked, bound: "crypto map vpn
//                10"|"interface ipsec0"|null, warnings: [text]} What cannot be told in or out has
//                peer and local as if it went out.
//
//  errors: {code, message, data: {problems: [{path, message}]}}; message: the first problem
#pragma once

#include <cstddef>
#include <string>

namespace tunqos::rpc {

// Of a request, in bytes. An answer may be longer: it grows with the number of tunnels.
inline constexpr std::size_t max_message = 4U << 20U;

// JSON-RPC's own codes are -32700..-32600.
enum Error : int {
    parse_error = -32700,
    invalid_request = -32600,
    method_not_found = -32601,
    invalid_params = -32602,
    internal_error = -32603,
    invalid_config = 1, // data.problems has every problem
    stale = 2,          // the configuration has changed meanwhile: read it again
    no_module = 3,      // the module is not loaded
    not_permitted = 4,  // the caller may only read
    kernel_refused = 5, // the module refused; nothing was changed
    io_error = 6,       // a file could not be read or written
};

// /run/tunqos/<inode of the caller's network namespace>.sock, or $TUNQOS_SOCKET.
std::string default_socket_path();

} // namespace tunqos::rpc

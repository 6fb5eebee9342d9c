// SPDX-License-Identifier: GPL-2.0-or-later
//
// Crypto map mode: which SAs an entry is about. Of what is set of these an SA must have all.
#include "cli/commands.hpp"
#include "cli/edit.hpp"

namespace tunqos::cli {
namespace {

constexpr Token match_sa{"match", "Which IPsec SAs this entry is about"};

} // namespace

std::vector<Command> crypto_map_commands() {
    std::vector<Command> commands{
        {
            .grammar = "[no] set peer ![ADDRESS]",
            .tokens = {{"set", "Set the peer"},
                       {"peer", "The other end of the IPsec tunnel"},
                       {"ADDRESS", "Its address"}},
            .summary = "Binds the entry to the IPsec tunnel with this peer. An entry has one peer: "
                       "a second one is refused. Give it an entry of its own, or remove the first.",
            .example = "set peer 203.0.113.2",
            .edit = edit_peer,
        },
        {
            .grammar = "[no] match local ![ADDRESS]",
            .tokens = {match_sa,
                       {"local", "By our own address"},
                       {"ADDRESS", "Our end of the IPsec tunnel"}},
            .summary = "Binds the entry to SAs that end at this address of ours. An SA must have "
                       "everything that the entry says of peer and match.",
            .example = "match local 192.0.2.1",
            .edit = edit_local,
        },
        {
            .grammar = "[no] match reqid ![REQID]",
            .tokens = {match_sa, {"reqid", "By the request ID"}, {"REQID", "Request ID"}},
            .summary = "Binds the entry to SAs with this request ID, by which policies find them "
                       "(strongSwan: reqid of the child).",
            .example = "match reqid 10",
            .edit = edit_reqid,
        },
        {
            .grammar = "[no] match if-id ![IF-ID]",
            .tokens = {match_sa,
                       {"if-id", "By the interface ID"},
                       {"IF-ID", "That of an xfrm interface"}},
            .summary = "Binds the entry to SAs with this interface ID (strongSwan: if_id_in, "
                       "if_id_out).",
            .example = "match if-id 42",
            .edit = edit_if_id,
        },
        {
            .grammar = "[no] match mark ![MARK [MASK]]",
            .tokens = {match_sa,
                       {"mark", "By the mark"},
                       {"MARK", "Mark of the SA"},
                       {"MASK", "The bits that count; all without it"}},
            .summary = "Binds the entry to SAs that have this mark in the bits of the mask "
                       "(strongSwan: mark_in, mark_out).",
            .example = "match mark 0x10 0xff",
            .edit = edit_mark,
        },
        {
            .grammar = "[no] match spi ![SPI]",
            .tokens = {match_sa, {"spi", "By the SPI"}, {"SPI", "SPI of one direction"}},
            .summary = "Binds the entry to SAs with this SPI: one direction, for SAs that are "
                       "made by hand. Of several entries that match an SA the one with spi wins, "
                       "then if-id, reqid, mark, set peer, local; of those that say the same parts "
                       "the one with more bits in the mask of its mark.",
            .example = "match spi 0x1001",
            .edit = edit_spi,
        },
    };
    for (Command& command : commands) {
        command.modes = {Mode::crypto_map};
        command.entry = true;
    }
    return commands;
}

} // namespace tunqos::cli

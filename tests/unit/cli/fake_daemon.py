#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A daemon for the CLI's tests: the socket protocol of include/tunqos/rpc.hpp, no kernel.

Usage: fake_daemon.py SOCKET [LOG-OF-METHODS]

Devices that "exist": gre1, gre2, eth1.10. A table-map in use must exist. The description
"stale" makes the next change stale once; "forbidden" is refused as not permitted.
"""
import json
import os
import socketserver
import sys

DEVICES = {"gre1", "gre2", "eth1.10"}


class Refused(Exception):
    def __init__(self, code, message, problems=()):
        super().__init__(message)
        self.error = {"code": code, "message": message, "data": {"problems": list(problems)}}


class State:
    running = {"version": 1}
    startup = None  # no file
    generation = 1
    was_stale = False
    log = None


def tables_used(tunnel):
    encap = tunnel.get("encap", {}).get("dscp")
    if isinstance(encap, dict) and "table" in encap:
        yield "tunnel encap dscp", encap["table"]
    inner = tunnel.get("encap", {}).get("innerDscp")
    if isinstance(inner, dict) and "table" in inner:
        yield "tunnel encap inner-dscp", inner["table"]
    decap = tunnel.get("decap", {}).get("dscp")
    if isinstance(decap, dict) and "table" in decap:
        yield "tunnel decap dscp", decap["table"]


def problems_of(config):
    for name, interface in config.get("interfaces", {}).items():
        for setting, table in tables_used(interface.get("tunnel", {})):
            if table not in config.get("tableMaps", {}):
                yield {"path": f"interface {name} / {setting}",
                       "message": f"there is no table-map {table}; define it first"}


def startup():
    if State.startup is None:
        raise Refused(6, "/etc/fake: startup-config is not present")
    return State.startup


def config_get(params):
    config = startup() if params.get("source") == "startup" else State.running
    return {"config": config, "generation": State.generation}


def descriptions(config):
    return [i.get("description") for i in config.get("interfaces", {}).values()]


def with_changed(maps, change):
    """The maps of ports, of which the mutations have a name each."""
    mutations = {**maps.get("dscpMutations", {}), **change.get("dscpMutations", {})}
    merged = {**maps, **change,
              "dscpMutations": {n: m for n, m in mutations.items() if m is not None}}
    return {key: value for key, value in merged.items() if value}


def changed(change):
    """The running configuration with these objects, null for none."""
    config = {"version": 1}
    if maps := with_changed(State.running.get("qosMaps", {}), change.get("qosMaps", {})):
        config["qosMaps"] = maps
    if options := change.get("ruleOptions", State.running.get("ruleOptions")):
        config["ruleOptions"] = options
    for section in ("tableMaps", "zones", "rules", "interfaces", "cryptoMaps"):
        objects = {**State.running.get(section, {}), **change.get(section, {})}
        if objects := {name: o for name, o in objects.items() if o is not None}:
            config[section] = objects
    return config


def config_change(params):
    config = changed(params["config"])
    if "forbidden" in descriptions(config):
        raise Refused(4, "only root may change the configuration")
    if "stale" in descriptions(config) and not State.was_stale:
        State.was_stale = True
        State.generation += 1
        raise Refused(2, "the configuration has changed meanwhile")
    if params.get("generation", State.generation) != State.generation:
        raise Refused(2, "the configuration has changed meanwhile")
    problems = list(problems_of(config))
    if problems:
        raise Refused(1, f"{problems[0]['path']}: {problems[0]['message']}", problems)
    if not params.get("check"):
        State.running = config
        State.generation += 1
    changes = ["interface gre1: changed"] if config.get("interfaces") else []
    return {"generation": State.generation, "changes": changes, "warnings": []}


def config_save(_params):
    State.startup = State.running
    return {"file": "/etc/tunqos/config.json"}


def config_reload(params):
    same = startup() == State.running
    if not params.get("check"):
        State.running = startup()
    return {"generation": State.generation, "changes": [] if same else ["all: replaced"],
            "warnings": []}


def counters(packets):
    return {"packets": packets, "written": packets - 2 if packets else 0,
            "leftAlone": 2 if packets else 0, "dropped": 0}


def tunnel_status(name, binding, tunnel, active):
    encap = {"dscp": "copy", "innerDscp": "keep", "ecn": "native", "singleAggregate": None,
             **tunnel.get("encap", {})}
    decap = {"dscp": "keep", "permit": None, "class": "inner", "ecn": "native", "gro": "exact",
             **tunnel.get("decap", {})}
    return {
        "name": name, "binding": binding, "kind": "gre", "model": "custom", "problem": None,
        "peer": None, "match": None, "saWarnings": [], "warnings": [], "notes": [], "acting": [],
        "state": "active" if active else "pending", "hooks": ["outer"] if active else [],
        "encap": {**encap, "byKernel": False, **counters(100)},
        "decap": {**decap, **counters(0)},
        "preClassify": tunnel.get("preClassify", False),
        "diffservMode": tunnel.get("diffservMode"), "controlDscp": tunnel.get("controlDscp"),
    }


def show_tunnels(params):
    tunnels = [tunnel_status(name, "device", interface["tunnel"], name in DEVICES)
               for name, interface in State.running.get("interfaces", {}).items()
               if "tunnel" in interface]
    tunnels += [tunnel_status(name, "ipsec", entry.get("tunnel", {}), "peer" in entry)
                for name, entry in State.running.get("cryptoMaps", {}).items()]
    return {"tunnels": [t for t in tunnels if params.get("name") in (None, t["name"])]}


def show_ports(params):
    ports = [{"name": name, "lower": "eth1", "vid": 10, "problem": None,
              "warnings": [], "notes": [], "acting": [],
              "state": "active" if name in DEVICES else "pending", "hooks": ["port-egress"],
              "port": interface["port"], "egress": counters(7),
              "protocolCos": interface.get("protocolCos"), "mark": None, "ingress": None}
             for name, interface in State.running.get("interfaces", {}).items()
             if "port" in interface]
    return {"ports": [p for p in ports if params.get("name") in (None, p["name"])]}


def show_rules(params):
    rules = sorted(State.running.get("rules", {}).items(), key=lambda rule: int(rule[0]))
    nothing = dict.fromkeys(("name", "from", "to", "protocol", "source", "sourcePorts",
                             "destination", "destinationPorts", "dscp", "cos", "problem"))
    return {"rules": [{**nothing, "setDscp": "preserve", "override": False, "setCos": "none",
                       **rule, "sequence": int(key), "number": number, "state": "active",
                       "hooks": ["rule"], "original": counters(12), "reply": counters(9)}
                      for number, (key, rule) in enumerate(rules, 1)
                      if params.get("sequence") in (None, int(key))]}


def show_sas(_params):
    drops = {"late": 0, "repeated": 0, "broken": 0}
    return {"sas": [{"name": "esp 0x1001 from 10.0.0.1", "bound": bound, "warnings": [],
                     "notes": [], "direction": "in", "peer": "10.0.0.1", "local": "10.0.0.2",
                     "protocol": "esp", "spi": "0x1001", "mode": "tunnel", "reqid": 0,
                     "ifId": None, "mark": None, "natTraversal": False, "decapDscp": False,
                     "dontEncapDscp": False, "noEcn": False, "replayWindow": 0,
                     "drops": drops, "recentDrops": drops}
                    for bound in ("crypto map vpn 10", "crypto map vpn 20", None)]}


METHODS = {
    "counters.clear": lambda _: {},
    "show.sas": show_sas,
    "config.get": config_get,
    "config.change": config_change,
    "config.save": config_save,
    "config.reload": config_reload,
    "config.log": lambda _: {"changes": []},
    "config.unsaved": lambda _: {"changes": []},
    "show.tunnels": show_tunnels,
    "show.ports": show_ports,
    "show.rules": show_rules,
    "show.reasons": lambda _: {"reasons": [{"reason": "not-ip", "packets": 3},
                                           {"reason": "truncated", "packets": 0}]},
    "show.watch": lambda _: {"problems": [], "watched": [
        {"what": "tc-class", "level": "warning", "where": "egress", "remedy": "take it off",
         "state": "seen", "findings": [{"object": "interface gre1", "place": "interface wan",
                                        "text": "interface wan: a tc filter; take it off"}]}]},
    "version": lambda _: {"daemon": "0.1.0", "schema": 1,
                          "module": {"loaded": False, "problem": "a fake", "release": None,
                                     "srcversion": None, "capabilities": None,
                                     "generation": None, "classTag": None},
                          "netns": {"inode": 1, "name": None}, "configFile": "/etc/fake"},
}


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            request = json.loads(line)
            answer = {"jsonrpc": "2.0", "id": request["id"]}
            if State.log:
                with open(State.log, "a", encoding="utf-8") as log:
                    print(request["method"], file=log)
            try:
                answer["result"] = METHODS[request["method"]](request.get("params") or {})
            except Refused as refused:
                answer["error"] = refused.error
            self.wfile.write(json.dumps(answer).encode() + b"\n")


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


if __name__ == "__main__":
    if len(sys.argv) > 2:
        State.log = sys.argv[2]
    if os.path.exists(sys.argv[1]):
        os.unlink(sys.argv[1])
    with Server(sys.argv[1], Handler) as server:
        print("ready", flush=True)
        server.serve_forever()

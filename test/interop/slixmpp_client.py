#!/usr/bin/python3
"""A stock XMPP client (slixmpp) driven by JSON lines: commands on stdin, events on stdout.

    slixmpp_client.py --jid JID --password PW --host HOST --port PORT [--no-tls] [--resource R] [--no-presence]

Commands, one JSON object a line:
    {"cmd": "send", "to": JID, "body": TEXT | "bodyBytes": N, "receipt": true, "id": ID, "type": "chat"}
    {"cmd": "add", "jid": ADDRESS, "name": NAME, "groups": [..]}      a roster set
    {"cmd": "subscribe", "jid": JID}      {"cmd": "remove", "jid": JID}
    {"cmd": "roster"}                     asks for the roster; answered by a "roster" event
    {"cmd": "presence", "show": S, "status": TEXT, "priority": N, "type": "unavailable"}
    {"cmd": "ping", "to": JID}            {"cmd": "disco", "to": JID}      {"cmd": "last", "to": JID}
    {"cmd": "raw", "xml": TEXT}           sends a stanza as it stands
    {"cmd": "quit"}                       ends the stream and the program; so does the end of stdin

Events, one JSON object a line; each has "event" and "at" (Unix ms):
    ready (jid, tls), message (from, id, type, body | bodyBytes+sha256 above 64 KiB, delay), receipt (from, id),
    sent-error (from, id, condition, text), presence (from, type, show, status), roster (items), push (item),
    result (cmd, ok, ...), stream-error (condition), auth-failed, disconnected
"""

import argparse
import asyncio
import hashlib
import json
import logging
import ssl
import sys
import threading
import time

import slixmpp
from slixmpp.exceptions import IqError, IqTimeout
from slixmpp.xmlstream import ET

LARGE = 64 * 1024


def emit(event, **fields):
    fields = {key: value for key, value in fields.items() if value is not None}
    print(json.dumps({"event": event, "at": int(time.time() * 1000), **fields}), flush=True)


class Client(slixmpp.ClientXMPP):
    def __init__(self, args):
        super().__init__(args.jid, args.password)
        self.args = args
        self.requested_jid.resource = args.resource
        for plugin in ("xep_0030", "xep_0199", "xep_0203", "xep_0184", "xep_0012"):
            self.register_plugin(plugin)
        # The script says itself which messages ask for a receipt, and never sends any.
        self["xep_0184"].auto_ack = False
        self["xep_0184"].auto_request = False
        self.auto_authorize = None
        self.auto_subscribe = False
        self.add_event_handler("session_start", self.on_start)
        self.add_event_handler("message", self.on_message)
        self.add_event_handler("message_error", self.on_message_error)
        self.add_event_handler("receipt_received", self.on_receipt)
        # slixmpp names the event after <show/> when there is one.
        for kind in ("available", "chat", "away", "xa", "dnd", "unavailable", "subscribed", "error"):
            self.add_event_handler("presence_" + kind, self.on_presence)
        self.add_event_handler("roster_update", self.on_roster)
        self.add_event_handler("stream_error", lambda e: emit("stream-error", condition=e["condition"], text=e["text"]))
        self.add_event_handler("failed_all_auth", self.on_auth_failed)
        self.add_event_handler("connection_failed", lambda e: emit("connection-failed", error=str(e)))
        self.add_event_handler("disconnected", self.on_disconnected)
        self.finished = asyncio.get_event_loop().create_future()
        self.ssl_context.check_hostname = False
        self.ssl_context.verify_mode = ssl.CERT_NONE

    def get_ssl_context(self):
        context = super().get_ssl_context()
        if self.args.ca:
            context.load_verify_locations(cafile=self.args.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    async def on_start(self, _event):
        tls = self.transport.get_extra_info("ssl_object")
        emit("ready", jid=self.boundjid.full, tls=tls.version() if tls else None)
        if not self.args.no_presence:
            self.send_presence()
            await self.get_roster()

    def on_message(self, message):
        if message["type"] == "error":
            return
        body = message["body"]
        if not body:
            return
        stamp = message.xml.find("{urn:xmpp:delay}delay")
        fields = {"body": body}
        if len(body) > LARGE:
            data = body.encode()
            fields = {"bodyBytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        emit(
            "message",
            to=str(message["to"]),
            id=message["id"],
            type=message["type"],
            delay=None if stamp is None else stamp.get("stamp"),
            delayFrom=None if stamp is None else stamp.get("from"),
            **{"from": str(message["from"])},
            **fields,
        )

    def on_message_error(self, message):
        emit(
            "sent-error",
            id=message["id"],
            condition=message["error"]["condition"],
            text=message["error"]["text"],
            **{"from": str(message["from"])},
        )

    def on_receipt(self, message):
        emit("receipt", id=message["receipt"], to=str(message["to"]), **{"from": str(message["from"])})

    def on_presence(self, presence):
        # slixmpp's "type" merges <show/> into it: the raw XML says what was really sent.
        show = presence.xml.find("{jabber:client}show")
        emit(
            "presence",
            type=presence.xml.get("type"),
            show=None if show is None else show.text,
            status=presence["status"],
            **{"from": str(presence["from"])},
        )

    def on_roster(self, iq):
        items = []
        for item in iq.xml.iter("{jabber:iq:roster}item"):
            groups = [group.text for group in item.findall("{jabber:iq:roster}group")]
            items.append({**item.attrib, "groups": groups})
        emit("roster" if iq["type"] == "result" else "push", items=items)

    def on_auth_failed(self, _event):
        emit("auth-failed")
        self.disconnect()

    def on_disconnected(self, _event):
        emit("disconnected")
        if not self.finished.done():
            self.finished.set_result(None)

    async def run_command(self, line):
        command = json.loads(line)
        name = command["cmd"]
        try:
            result = await getattr(self, "cmd_" + name)(command)
            emit("result", cmd=name, ok=True, **(result or {}))
        except IqError as error:
            emit("result", cmd=name, ok=False, condition=error.condition)
        except IqTimeout:
            emit("result", cmd=name, ok=False, condition="timeout")
        except Exception as error:  # the driving test has to see every mistake
            emit("error", cmd=name, error=repr(error))

    async def cmd_send(self, command):
        body = command.get("body")
        if body is None:
            # Not one repeated letter: a lost or doubled piece has to change the hash.
            text = "".join(f"{n:07x} " for n in range(command["bodyBytes"] // 8 + 1))
            body = text[: command["bodyBytes"]]
        message = self.make_message(mto=command["to"], mbody=body, mtype=command.get("type", "chat"))
        if "id" in command:
            message["id"] = command["id"]
        if command.get("receipt"):
            message["request_receipt"] = True
        message.send()
        return {"id": message["id"], "sha256": hashlib.sha256(body.encode()).hexdigest()}

    async def cmd_add(self, command):
        iq = self.Iq()
        iq["type"] = "set"
        query = ET.SubElement(iq.xml, "{jabber:iq:roster}query")
        item = ET.SubElement(query, "{jabber:iq:roster}item", {"jid": command["jid"]})
        if "name" in command:
            item.set("name", command["name"])
        for group in command.get("groups", []):
            ET.SubElement(item, "{jabber:iq:roster}group").text = group
        await iq.send(timeout=10)

    async def cmd_remove(self, command):
        await self.del_roster_item(command["jid"])

    async def cmd_subscribe(self, command):
        self.send_presence(pto=command["jid"], ptype="subscribe")

    async def cmd_roster(self, _command):
        await self.get_roster()

    async def cmd_presence(self, command):
        self.send_presence(
            pshow=command.get("show"),
            pstatus=command.get("status"),
            ppriority=command.get("priority"),
            ptype=command.get("type"),
        )

    async def cmd_ping(self, command):
        await self["xep_0199"].send_ping(command.get("to", self.boundjid.domain), timeout=10)

    async def cmd_disco(self, command):
        info = await self["xep_0030"].get_info(jid=command["to"], timeout=10, cached=False)
        identities = [list(identity) for identity in info["disco_info"]["identities"]]
        return {"features": sorted(info["disco_info"]["features"]), "identities": identities}

    async def cmd_last(self, command):
        result = await self["xep_0012"].get_last_activity(command["to"], timeout=10)
        return {"seconds": int(result["last_activity"]["seconds"])}

    async def cmd_raw(self, command):
        self.send_raw(command["xml"])

    async def cmd_quit(self, _command):
        self.disconnect()


def read_commands(client, loop):
    for line in sys.stdin:
        if line.strip():
            asyncio.run_coroutine_threadsafe(client.run_command(line), loop)
    asyncio.run_coroutine_threadsafe(client.cmd_quit({}), loop)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jid", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--resource", default="slix")
    parser.add_argument("--no-tls", action="store_true", help="neither direct TLS nor STARTTLS")
    parser.add_argument("--ca", help="PEM file to trust; without it any certificate is taken")
    parser.add_argument("--no-presence", action="store_true", help="log in without presence and roster")
    parser.add_argument("--mechanism", help="the only SASL mechanism to use")
    parser.add_argument("--debug", action="store_true")
    args = parser.parse_args()
    logging.basicConfig(level=logging.DEBUG if args.debug else logging.CRITICAL, stream=sys.stderr)

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    client = Client(args)
    if args.mechanism:
        client["feature_mechanisms"].use_mech = args.mechanism
    if args.no_tls:
        client["feature_mechanisms"].unencrypted_plain = True
        client["feature_mechanisms"].unencrypted_scram = True
    client.connect((args.host, args.port), force_starttls=not args.no_tls, disable_starttls=args.no_tls)
    threading.Thread(target=read_commands, args=(client, loop), daemon=True).start()
    loop.run_until_complete(client.finished)


if __name__ == "__main__":
    main()

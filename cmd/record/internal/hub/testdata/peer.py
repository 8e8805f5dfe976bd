"""What a Python client says to the hub: python3 peer.py PORT WEBPORT CA LIMIT."""

import queue
import ssl
import sys

import paho.mqtt.client as mqtt

port, web, ca, limit = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
PATIENCE = 20


class Peer:
    def __init__(self, client_id, password, protocol, transport="tcp"):
        args = dict(client_id=client_id, protocol=protocol, transport=transport)
        if hasattr(mqtt, "CallbackAPIVersion"):  # paho 2
            args["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION1
        self.c = mqtt.Client(**args)
        self.c.username_pw_set("u", password)
        self.c.tls_set(ca_certs=ca, tls_version=ssl.PROTOCOL_TLS_CLIENT)
        self.told = queue.Queue()  # (what, value), in order
        v5 = protocol == mqtt.MQTTv5
        code = lambda r: r.value if hasattr(r, "value") else r
        if v5:
            self.c.on_connect = lambda c, u, f, r, p: self.told.put(("connect", code(r), p))
            self.c.on_disconnect = lambda c, u, r, p=None: self.told.put(("disconnect", code(r)))
            self.c.on_subscribe = lambda c, u, m, rs, p: self.told.put(("subscribe", code(rs[0])))
        else:
            self.c.on_connect = lambda c, u, f, r: self.told.put(("connect", r, None))
            self.c.on_disconnect = lambda c, u, r: self.told.put(("disconnect", r))
            self.c.on_subscribe = lambda c, u, m, rs: self.told.put(("subscribe", code(rs[0])))
        self.c.on_message = lambda c, u, m: self.told.put(("message", m.payload.decode()))
        self.c.connect("127.0.0.1", web if transport == "websockets" else port, keepalive=30)
        self.c.loop_start()

    def hears(self, what):
        while True:
            got = self.told.get(timeout=PATIENCE)
            if got[0] == what:
                return got[1:]

    def stop(self):
        self.c.loop_stop()
        self.c.disconnect()


def check(got, want, about):
    if got != want:
        sys.exit("%s: %r instead of %r" % (about, got, want))


def converse(client_id, protocol, transport="tcp"):
    v5 = protocol == mqtt.MQTTv5
    p = Peer(client_id, "wrong", protocol, transport)
    check(p.hears("connect")[0], 134 if v5 else 5, "a wrong password")
    p.stop()

    p = Peer(client_id, "right", protocol, transport)
    result, properties = p.hears("connect")
    check(result, 0, "the right password")
    if v5:
        check(properties.MaximumPacketSize > limit, True, "Maximum Packet Size")
    p.c.subscribe("own/#", 2)
    check(p.hears("subscribe")[0], 2, "an allowed subscription")
    p.c.subscribe("forbidden", 1)
    check(p.hears("subscribe")[0], 135 if v5 else 128, "a forbidden subscription")
    p.c.publish("forbidden", "x", qos=0)
    if v5:
        p.c.publish("forbidden", "x", qos=1)  # its PUBACK says no, and the connection stays
    for qos, text in enumerate(["zero", "one", "two"]):
        p.c.publish("own/" + client_id, text, qos=qos)
        check(p.hears("message")[0], text, "what comes back")
    p.c.publish("own/" + client_id, b"x" * (limit + 1), qos=0)
    why = p.hears("disconnect")[0]
    if v5:
        check(why, 149, "a payload that is too large")
    p.stop()


converse("py-4", mqtt.MQTTv311)
converse("py-5", mqtt.MQTTv5)
converse("py-ws", mqtt.MQTTv311, "websockets")

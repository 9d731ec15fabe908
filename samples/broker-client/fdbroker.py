#!/usr/bin/env python3
"""A client of the thaw broker (docs/broker-protocol.md), in what Python brings along.

usage: fdbroker.py SOCKET store NAME <FILE | retrieve NAME | delete NAME | list      (store: descriptor 0; retrieve: copies it to stdout)
"""
import os, socket, struct, sys

class Refused(Exception):
    pass

class Broker:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.connect(path)

    def ask(self, verb, body, fds=()):
        socket.send_fds(self.socket, [struct.pack('>BB', 1, verb) + body], list(fds))
        packet, came, flags, address = socket.recv_fds(self.socket, 32768, 253)
        if len(packet) < 2 or packet[0] != 1:
            raise Refused('no broker of version 1')
        if packet[1] == 1:  # refused: the reason, why, what to do
            why = struct.unpack_from('>H', packet, 3)[0]
            raise Refused(packet[5:5 + why].decode('utf-8', 'surrogateescape'))
        return packet[2:], came

    def store(self, name, fd, millis=0):
        self.ask(1, b'\1' + text8(name) + struct.pack('>q', millis), [fd])

    def retrieve(self, name):
        return self.ask(2, b'\1' + text8(name))[1][0]

    def delete(self, name):
        self.ask(3, b'\1' + text8(name))

    def list(self):  # yields (name, kind, key, flags, uid, gid, pid, stored, expires)
        more, last = True, ''
        while more:
            body, _ = self.ask(4, text8(last))
            (more, count), at = struct.unpack_from('>?H', body), 3
            for _ in range(count):
                fields = []
                for length in '>B', '>B', '>H':
                    start = at + struct.calcsize(length)
                    at = start + struct.unpack_from(length, body, at)[0]
                    fields.append(body[start:at].decode('utf-8', 'surrogateescape'))
                yield (*fields, *struct.unpack_from('>iIIiqq', body, at))
                at, last = at + 32, fields[0]

def text8(text):
    data = text.encode('utf-8', 'surrogateescape')
    return struct.pack('>B', len(data)) + data

if __name__ == '__main__':
    broker, verb = Broker(sys.argv[1]), sys.argv[2]
    if verb == 'list':
        for entry in broker.list():
            print(*entry)
    elif verb == 'retrieve':
        sys.stdout.buffer.write(os.fdopen(broker.retrieve(sys.argv[3]), 'rb').read())
    else:
        broker.store(sys.argv[3], 0) if verb == 'store' else broker.delete(sys.argv[3])

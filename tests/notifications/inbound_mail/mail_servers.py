"""A POP3 and an IMAP server of a few lines, with one mailbox; `make integration` has a real one."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

PASSWORD = "s%cret:@/"


class Mails(dict[int, bytes]):
    """By number, what is in the mailbox; and which were read."""

    def __init__(self, *raw: bytes) -> None:
        super().__init__(enumerate(raw, 1))
        self.seen: set[int] = set()


class Pop3Session(socketserver.StreamRequestHandler):
    mails: Mails

    def handle(self) -> None:
        self.say(b"+OK")
        deleted: set[int] = set()
        while line := self.rfile.readline():
            command, *arguments = line.decode().split()
            number = int(arguments[0]) if arguments and arguments[0].isdecimal() else 0
            match command.upper():
                case "PASS" if arguments != [PASSWORD]:
                    self.say(b"-ERR")
                case "LIST":
                    sizes = [b"%d %d" % (n, len(raw)) for n, raw in self.mails.items()]
                    self.say(b"+OK", *sizes, b".")
                case "RETR" | "TOP":
                    lines = self.mails[number].split(b"\r\n")
                    stuffed = [b"." + one if one.startswith(b".") else one for one in lines]
                    self.say(b"+OK", *stuffed, b".")
                case "DELE":
                    deleted.add(number)
                    self.say(b"+OK")
                case "QUIT":
                    for n in deleted:
                        del self.mails[n]
                    return self.say(b"+OK")
                case _:
                    self.say(b"+OK")
        return None

    def say(self, *lines: bytes) -> None:
        self.wfile.write(b"".join(line + b"\r\n" for line in lines))


class ImapSession(socketserver.StreamRequestHandler):
    mails: Mails
    more = b""  # as Dovecot, it says only to who is logged in what it can do

    def handle(self) -> None:
        self.say(b"* OK")
        while line := self.rfile.readline():
            tag, _, rest = line.strip().partition(b" ")
            self.answer(rest.decode())
            self.say(tag + (b" NO wrong" if b"wrong" in rest else b" OK done"))

    def answer(self, command: str) -> None:
        words = command.upper().split()
        match words:
            case ["CAPABILITY"]:
                self.say(b"* CAPABILITY IMAP4rev1" + self.more)
            case ["LOGIN", *_]:
                self.more = b" UIDPLUS"
            case ["SELECT", *_]:
                self.say(b"* %d EXISTS" % len(self.mails))
            case ["UID", "SEARCH", *_]:
                unread = [str(n) for n in self.mails if n not in self.mails.seen]
                self.say(f"* SEARCH {' '.join(unread)}".encode())
            case ["UID", "FETCH", uid, *_]:
                most = re.search(r"<0\.(\d+)>", command)
                raw = self.mails[int(uid)][: int(most[1]) if most else None]
                self.wfile.write(b"* 1 FETCH (UID %d BODY[]<0> {%d}\r\n" % (int(uid), len(raw)))
                self.wfile.write(raw + b")\r\n")
            case ["UID", "STORE", uids, *_]:
                self.mails.seen |= {int(uid) for uid in uids.split(",")}
            case ["UID", "EXPUNGE", uids]:
                for uid in uids.split(","):
                    del self.mails[int(uid)]

    def say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")


SESSIONS: dict[str, type[Any]] = {"pop3": Pop3Session, "imap": ImapSession}


@contextmanager
def running(protocol: str, mails: Mails) -> Iterator[int]:
    """Its port."""
    session = type("Session", (SESSIONS[protocol],), {"mails": mails})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), session) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()

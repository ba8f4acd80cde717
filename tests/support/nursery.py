"""Where the processes come from that tests kill: everything is imported here once, then each is a fork of it.

Started and asked by :mod:`support.children`; ends with the process that has started it.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys

from localstack.warm import engine

LARGEST = 2**20  # bytes of a request


class Nursery:
    """Forks on request. :param asked: the socket on which requests come, one per message, each with three files."""

    def __init__(self, asked: socket.socket) -> None:
        self._asked = asked
        self._told, self._bell = socket.socketpair()
        self._born: dict[int, socket.socket] = {}

    def serve(self) -> str | None:
        """Fork until nobody is there to ask any more (then None); in each fork, return the module that it is to run."""
        self._bell.setblocking(False)
        signal.set_wakeup_fd(self._bell.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the children
        events = selectors.DefaultSelector()
        events.register(self._told, selectors.EVENT_READ)
        events.register(self._asked, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in events.select()}
            if self._told in ready:
                self._told.recv(1024)
                self._bury()
            if self._asked in ready:
                request, files, _, _ = socket.recv_fds(self._asked, LARGEST, 3)
                if not request:
                    return None
                parent, *output = files
                if pid := os.fork():
                    self._born[pid] = socket.socket(fileno=parent)
                    self._born[pid].send(str(pid).encode())
                    for each in output:
                        os.close(each)
                else:
                    os.close(parent)
                    events.close()
                    return self._grow_up(output, **json.loads(request))

    def _bury(self) -> None:
        while self._born:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            with self._born.pop(pid) as parent:
                parent.send(str(os.waitstatus_to_exitcode(status)).encode())

    def _grow_up(self, output: list[int], module: str, words: list[str], environment: dict[str, str]) -> str:
        """Become what a process started anew would be."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for each in (self._asked, self._told, self._bell, *self._born.values()):
            each.close()
        for number, each in enumerate(output, start=1):
            os.dup2(each, number)
            os.close(each)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = [module, *words]
        return module


def main() -> None:
    number, *kinds = sys.argv[1:]
    engine()
    for name in kinds:
        importlib.import_module(name)
    gc.freeze()
    if module := Nursery(socket.socket(fileno=int(number))).serve():
        importlib.import_module(module).main()


if __name__ == "__main__":
    main()

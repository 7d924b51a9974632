"""What lies between a page and the server, in a test's hands: a page's own network, and a proxy that loses replies."""
import re
import select
import socket
import threading


class Cable:
    """One page's way to the server; other pages of the same browser keep theirs."""

    def __init__(self, page, url):
        self._is_cut, self._sockets = False, []
        page.route_web_socket(re.compile(".*"), self._connect)
        page.route(f"{url}/**", lambda route: route.abort() if self._is_cut else route.continue_())

    def _connect(self, opened):
        if self._is_cut:
            opened.close()
            return
        opened.connect_to_server()
        self._sockets.append(opened)

    def cut(self):
        self._is_cut = True
        while self._sockets:
            self._sockets.pop().close()

    def mend(self):
        self._is_cut = False


class LossyProxy:
    """`with LossyProxy(port) as proxy`: TCP from proxy.port to the server's port. While `is_losing`, what clients send
    arrives and what the server answers does not; while `is_held`, what they send stays with them once the buffers are full."""

    def __init__(self, port):
        self._target, self.is_losing, self.is_held, self._pairs = port, False, False, []
        self._listener = socket.create_server(("127.0.0.1", 0))
        # Connections inherit it: what the kernel takes in by itself is little beside a file.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        self.port = self._listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def cut(self):
        """End every connection, as a crash does."""
        for pair in self._pairs:
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client):
        with client:
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            with server:
                self._pairs.append((client, server))
                while self._step(client, server):
                    pass

    def _step(self, client, server):
        for end in select.select([server] if self.is_held else [client, server], [], [], 0.1)[0]:
            try:
                data = end.recv(65536)
                if not data:
                    return False
                if end is client:
                    server.sendall(data)
                elif not self.is_losing:
                    client.sendall(data)
            except OSError:
                return False
        return True

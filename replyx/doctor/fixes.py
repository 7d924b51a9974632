"""The lines to put into nginx, Caddy, the settings or a shell, for every fault that has such lines."""

# Stands for where the server listens, until `fitted`.
SERVER = "127.0.0.1:5000"
CADDY_PASSES = "reverse_proxy 127.0.0.1:5000    # passes it by itself: take the lines out that change it"


def _both(nginx, caddy=CADDY_PASSES):
    return {"nginx": nginx, "caddy": caddy}


UPGRADE = _both("""\
# above the server block:
map $http_upgrade $replyx_connection { default upgrade; '' ''; }
# inside it:
proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection $replyx_connection;""")
BODY = _both("client_max_body_size 300k;", "request_body {\n\tmax_size 300KB\n}")
TIMEOUT = _both("""\
location /socket.io/ {
    proxy_pass http://127.0.0.1:5000;
    proxy_read_timeout 90s;
    proxy_send_timeout 90s;
}""", "reverse_proxy 127.0.0.1:5000    # without read_timeout, write_timeout and stream_timeout")
SLOW = _both("proxy_buffering off;\n# and take out what slows down: limit_req, limit_rate",
             "reverse_proxy 127.0.0.1:5000 {\n\tflush_interval -1\n}")
LIMITED = _both("# ReplyX has limits of its own: take out limit_req and limit_conn", "# take rate_limit out")
FORWARDED = _both("proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
                  "reverse_proxy 127.0.0.1:5000    # without header_up X-Forwarded-For")
CACHE = _both("proxy_cache off;\n# take out: proxy_cache_key, proxy_ignore_headers, expires",
              "# take the cache directive out")
HEADERS = _both("# take out, for this server: add_header, proxy_hide_header, expires",
                "# take out, for this site: header, header_down")
REWRITING = _both("# take out: sub_filter, default_type, types, proxy_hide_header\nsub_filter_types '';",
                  "# take out: replace, header Content-Type")
AUTHORIZATION = _both("proxy_set_header Authorization $http_authorization;")
NO_PASSWORD = _both("auth_basic off;", "# take basic_auth out")
REFUSING = _both("# take out what refuses: deny, limit_except, return, a firewall for web applications")
CHAIN = _both("ssl_certificate /etc/letsencrypt/live/NAME/fullchain.pem;    # with the chain: not cert.pem",
              "# name the site by its domain, without a tls line: Caddy gets the certificate by itself")
VERSIONS = _both("ssl_protocols TLSv1.2 TLSv1.3;", "# take the tls line out")
INSTANCE = {"settings": "REPLYX_INSTANCE=/var/lib/replyx"}
UPSTREAM = _both("proxy_pass http://127.0.0.1:5000;", "reverse_proxy 127.0.0.1:5000")
# The server block that passes all paths, and not only some.
EVERYTHING = _both("location / {\n    proxy_pass http://127.0.0.1:5000;\n}",
                   "reverse_proxy 127.0.0.1:5000    # without a path before the address")
RENEW = {"shell": "certbot renew\nsystemctl reload nginx"}
CLOCK = {"shell": "timedatectl set-ntp true"}
RESTORE = {"shell": "# docs/install.md, \"Backing up\": restore the newest good copy"}
RESTART = {"shell": "systemctl restart replyx"}
START = {"shell": "systemctl start replyx; journalctl -u replyx -n 20    # installed as a service\n"
                  "make run    # in a clone"}


def fitted(fix, settings):
    """The lines with the address at which this server listens."""
    return {place: lines.replace(SERVER, server_host(settings)) for place, lines in fix.items()}


def server_host(settings):
    """Host and port where the server itself listens, as another program of the machine reaches it."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)
    return f"[{host}]:{settings.port}" if ":" in host and "[" not in host else f"{host}:{settings.port}"


def url(origin):
    return {"settings": f"REPLYX_URL={origin}"}


def host(origin):
    return _both("proxy_set_header Host $http_host;") | url(origin)


def listening(parts):
    port = parts.port or (443 if parts.scheme == "https" else 80)
    kind = " ssl" if parts.scheme == "https" else ""
    return _both(f"listen {port}{kind};\nlisten [::]:{port}{kind};\nserver_name {parts.hostname};",
                 f"{parts.scheme}://{parts.netloc} {{    # the site's address")

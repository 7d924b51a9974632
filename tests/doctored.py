"""What the doctor's tests share: its report without a process of its own, and certificates made by openssl."""
import json
import os
import re
import subprocess

from replyx import config
from replyx.doctor import examine, report
from replyx.doctor.visit import Visit
from tests.conftest import find


def look(env, url=None, wait=0.1, **more):
    """The report as `--json` prints it, without the second that a process of its own takes to start. `more` are settings
    as they are once parsed."""
    settings, mask = config.load(env), os.umask(0o022)
    settings.__dict__.update(more)
    try:
        url = url or settings.public_url
        printed = json.dumps(report.as_data(url, examine(settings, url, wait, lambda result: None)))
    finally:
        os.umask(mask)
    require_no_secret(printed)
    return json.loads(printed)


def require_no_secret(printed):
    assert not re.search(r"\b(st|rk)_[\w-]{20}", printed), "a secret is printed"


def states(seen, state):
    return [check["name"] for check in seen["checks"] if check["state"] == state]


def check(seen, name):
    return next(check for check in seen["checks"] if check["name"] == name)


def make_certificate(folder, name, subject_name, issuer=None, days=30):
    """`folder/name.pem` and `.key`: signed by `issuer`, or by itself."""
    file, key = folder / name, ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout"]
    (folder / f"{name}.names").write_text(f"subjectAltName={subject_name}")
    if issuer is None:
        _openssl("req", "-x509", *key, f"{file}.key", "-out", f"{file}.pem", "-subj", f"/CN={name}", "-addext",
                 f"subjectAltName={subject_name}", "-days", days)
    else:
        _openssl("req", *key, f"{file}.key", "-out", f"{file}.csr", "-subj", f"/CN={name}")
        _openssl("x509", "-req", "-in", f"{file}.csr", "-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial",
                 "-days", days, "-extfile", f"{file}.names", "-out", f"{file}.pem")
    return file


def _openssl(*arguments):
    done = subprocess.run([find("openssl"), *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def a_visit(instance, url="http://127.0.0.1:9", **env):
    return Visit(config.load({"REPLYX_INSTANCE": str(instance), **env}), url, url, 1)

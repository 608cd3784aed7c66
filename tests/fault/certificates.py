# SPDX-License-Identifier: Apache-2.0
"""certificates.py - certificates for tests, made by openssl: ca and other (two authorities),
server and client (both signed by ca), each as DIR/NAME.crt and DIR/NAME.key."""
import subprocess


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True)


def make_certificates(where, names):
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    for ca in ("ca", "other"):
        openssl("req", "-x509", *key, "-keyout", f"{where}/{ca}.key", "-out", f"{where}/{ca}.crt",
                "-days", "2", "-subj", f"/CN=fault {ca}")
    alt = ",".join("DNS:" + n for n in names) or "DNS:localhost,IP:127.0.0.1"
    for leaf, extension in (("server", "subjectAltName=" + alt),
                            ("client", "extendedKeyUsage=clientAuth")):
        openssl("req", *key, "-keyout", f"{where}/{leaf}.key", "-out", f"{where}/{leaf}.csr",
                "-subj", f"/CN=fault {leaf}")
        with open(f"{where}/{leaf}.ext", "w", encoding="ascii") as file:
            file.write(extension + "\n")
        openssl("x509", "-req", "-in", f"{where}/{leaf}.csr", "-CA", f"{where}/ca.crt", "-CAkey",
                f"{where}/ca.key", "-CAcreateserial", "-days", "2", "-out", f"{where}/{leaf}.crt",
                "-extfile", f"{where}/{leaf}.ext")

"""The words of each format, for changes that are likely to mean something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_JSON = (
    b"{\"", b"\": \"", b"\", \"", b"\": {", b"\": [", b"null", b"true", b"false", b"1e999", b"NaN", b"-0", b"1.5",
    b"\"\\ud800\"", b"\"\\u0000\"", b"[[[[", b"{}", b"[]",
    b"sha256:0000000000000000000000000000000000000000000000000000000000000000", b"\"schemaVersion\": 2",
    b"\"digest\"", b"\"size\"",
)  # fmt: skip
_TAR = (
    b"ustar\x0000", b"ustar  \x00", b"path=", b"../", b"./", b"/", b".wh.", b".wh..wh..opq",
    b"30 mtime=1234567890.5\n", b"12 size=99\n", b"SCHILY.xattr.", b"GNU.sparse.major=1\n", b"0", b"1", b"2", b"5",
    b"L", b"K", b"x", b"g", b"S", b"\x80\x00\x00\x00\x00\x00\x00\x00", b"\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    b"\xc3(",
)  # fmt: skip
_AR = (
    b"!<arch>\n", b"debian-binary", b"control.tar", b"data.tar", b".xz", b".zst", b"_x", b"`\n", b"2.0\n",
)  # fmt: skip
_FIELDS = (
    b"Package: ", b"Version: ", b"Depends: ", b"Provides: ", b"SHA256:", b"Size: 5", b"Filename: ../", b"\n\n",
    b"\n ", b"\n\t", b" .\n", b"#", b":", b"\r\n", b"\xc2\xa0", b"Source: a (1)", b"\x00", b"License: ", b"Date: ",
    b"Fri, 31 Dec 9999 23:59:59 -2359", b"Valid-Until: ", b"Components: ", b"Architectures: all",
)  # fmt: skip
_PGP = (
    b"-----BEGIN PGP SIGNED MESSAGE-----\n", b"Hash: SHA512\n\n", b"-----BEGIN PGP SIGNATURE-----\n\n", b"- -",
    b"-----END PGP SIGNATURE-----\n", b"-----BEGIN PGP MESSAGE-----\n\n",
    b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n", b"=abcd\n", b"\x88", b"\xc2\xff", b"\xcb\x01", b"\x04\x00\x16\n",
)  # fmt: skip
_YAML = (
    b"&a ", b"*a", b"<<: *a", b"!!str ", b"? ", b"- ", b"---\n", b"...\n", b"|\n  ", b">-\n ", b"'", b"\"", b"{",
    b"}", b"[", b"]", b": ", b"\n  ", b"\t", b"%YAML 1.2\n", b"images:", b"from: ", b"packages:", b"files:",
    b"distros:", b"null", b"0o17", b".inf", b"\xef\xbb\xbf", b"\\x00", b"\xe2\x80\xa8",
)  # fmt: skip
_DER = (
    b"0\x80", b"0\x82\xff\xff", b"1\x00", b"\x02\x01\x01", b"\x03\x02\x00\x00", b"\x17\r500101000000Z",
    b"\x18\x0f20500101000000Z", b"\x0c\x01a", b"\x1e\x02\xd8\x00", b"\x1c\x04\x00\x11\x00\x00", b"\x06\x03U\x04\x03",
    b"\xa0\x03", b"\x1f\x01", b"0\n", b"\x05\x00",
)  # fmt: skip

TOKENS: Mapping[str, Sequence[bytes]] = {
    **dict.fromkeys(("tar", "layer", "changeset", "archive", "publisher"), _TAR),
    **dict.fromkeys(("deb", "unpack"), (*_TAR, *_AR)),
    **dict.fromkeys(("index", "manifest", "config", "layout", "lock", "npm", "record"), _JSON),
    **dict.fromkeys(("paragraph", "release", "packages", "prepared", "copyright"), _FIELDS),
    **dict.fromkeys(("inrelease", "signature", "keyring"), _PGP),
    "ar": _AR, "configuration": _YAML, "der": _DER,
    "inflate": (
        b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\x00", b"(\xb5/\xfd", b"P*M\x18", b"\x00\x00\x00\x00\x00\x00\x00\x00",
    ),
    "payload": (
        b"\x1f\x8b\x08", b"(\xb5/\xfd", b"P*M\x18\x04\x00\x00\x00", b"\x00\x00\x00\x00\x00\x00\x00\x00",
    ),
    "relations": (
        b" (>= 1)", b" | ", b", ", b":any", b"[amd64]", b"[!", b"<!nocheck>", b"<", b"<<", b"(", b")", b"~", b"\n ",
        b"\xff", b"a",
    ),
    "version": (
        b"~", b"+", b"-", b":", b".", b"0", b"00", b"+really", b".dfsg", b"a", b"\xb2", b" ",
    ),
    "md5sums": (
        b"\\", b"\\n", b"  ", b" *", b"\n", b"../", b"/", b"\x00", b"\xff", b"\r",
        b"0123456789abcdef0123456789abcdef",
    ),
    "script": (
        b"# Automatically added by dh_x\n", b"# End automatically added section\n", b"case \"$1\" in\n", b"esac\n",
        b";;\n", b"exit 0\n", b"\x00", b"\xff",
    ),
    "elf": (
        b"\x7fELF", b"\x01\x01", b"\x02\x02", b"\xff\xff\xffo", b"\xfe\xff\xffo",
        b"\x05\x00\x00\x00\x00\x00\x00\x00", b"\x00\x00\x01\x00", b"\xff",
    ),
    "reference": (
        b":", b"@", b"/", b"sha256:", b"__", b"--", b".", b"[", b"]", b"localhost", b"://", b"A", b"\xff", b"-",
    ),
    "apt": (
        b"deb ", b"[", b"]", b"\n ", b"Types: deb\n", b"URIs: ", b"mirror+file:/x", b"#", b"/*", b"*/", b"\"", b"\\",
        b"{", b"};", b"::",
    ),
    "npmrc": (
        b"${", b"}", b"=", b"registry=", b"//", b":_auth=", b"https://[", b"\n", b"\x00", b"'",
    ),
    "answer": (
        b"bytes ", b"*", b"\n\n", b"<!--", b"-->", b"<html", b"Retry-After: ", b"Date: ", b"\xb2", b"GMT", b"+9999",
    ),
    "registry": (
        b"Bearer ", b"Basic ", b"realm=", b'"', b"\\", b",", b"WWW-Authenticate: ", b"Link: <", b'>; rel="next"',
        b"<html",
        b'{"errors": [', b"http://", b"https://[", b"//", b"\xe2\x80\xae", b"Docker-Content-Digest: sha256:", b"\n\n",
    ),
    "logins": (
        b'"auths": ', b'"auth": ', b"{}", b"[]", b"null", b'"', b"=", b"https://index.docker.io/v1/", b"bWU6cHc=",
        b"registry.example/team", b'"identitytoken": ', b"\xff",
    ),
    "mirrors": (
        b"[[registry]]\n", b"[[registry.mirror]]\n", b"prefix = ", b"location = ", b"true", b'"', b"*.", b"/", b":",
        b"[", b"docker.io", b"pull-from-mirror = ", b"\n",
    ),
    "ldconf": (
        b"include ", b"/*", b"*", b"?", b"[!a-", b"]", b"..", b"\x00", b"#", b"=", b"etc/ld.so.conf.d/0.conf\n",
        b"\n",
    ),
    "pem": (
        b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n", b"-----BEGIN X509 CRL-----\n", b"=", b"\n",
        b"-----",
    ),
}  # fmt: skip

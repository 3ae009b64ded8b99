"""A small registry in memory, on the loopback interface, with faults that can be switched on.

    with Registry() as registry:
        registry.put("team/app", "1.0", make_image())
        registry.faults.breaks_blobs_after = 100
        registry.say("PUT", "/manifests/", Said(status=500), Said(status=500))
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

from bareboat.base.digest import Digest
from bareboat.oci import media
from bareboat.oci.descriptor import Descriptor
from bareboat.store.blobs import Blobs
from bareboat.store.images import blobs_of
from bareboat.store.memory import MemoryStore
from tests.makers.answering import Answering, Asked, Said
from tests.makers.image import Made, make_index

_NAME = r"(?P<name>[a-z0-9._/-]+?)"
_MANIFESTS = media.INDEXES | media.MANIFESTS


@dataclass
class Faults:
    """What goes wrong, for as long as it is so.

    Attributes:
        wrong_digest: Manifests are said to have another digest than they have.
        no_digest: No digest is said at all.
        wrong_manifest: The bytes of manifests are others.
        wrong_type: The Content-Type of manifests.
        wrong_blob: The bytes of blobs are others, as many as promised.
        short_blob: The last byte of blobs is missing, and the answer says so.
        long_blob: Blobs have a byte too many.
        breaks_blobs_after: Blobs stop after so many bytes of each answer; -1 hangs up at once.
        no_ranges: Parts of blobs cannot be asked for.
        breaks_uploads_after: Of an upload in one piece, so many bytes arrive, and the answer is 500; once.
        loses_answer: The answer to the next finished upload is lost.
        most_body: Larger bodies are refused (413).
        upload_host: Where bytes are to be sent, instead of here.
        blob_host: Where blobs are to be fetched, instead of here.
        huge_manifest: Manifests are as large as this says, in bytes.
        no_mount: Nothing is mounted.
        no_referrers: There is no API of referrers.
        no_filter: Referrers are not filtered.
        no_delete: Nothing can be deleted.
        no_head: HEAD of manifests says nothing of them.
        page: How many tags or referrers stand on a page, when not all.
        circle: The pages lead in a circle.
        moves: Tags that stand for the next of these digests each time that they are asked.
    """

    wrong_digest: bool = False
    no_digest: bool = False
    wrong_manifest: bool = False
    wrong_type: str | None = None
    wrong_blob: bool = False
    short_blob: bool = False
    long_blob: bool = False
    breaks_blobs_after: int | None = None
    no_ranges: bool = False
    breaks_uploads_after: int | None = None
    loses_answer: bool = False
    most_body: int | None = None
    upload_host: str | None = None
    blob_host: str | None = None
    huge_manifest: int | None = None
    no_mount: bool = False
    no_referrers: bool = False
    no_filter: bool = False
    no_delete: bool = False
    page: int | None = None
    circle: bool = False
    moves: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Contents:
    """What one repository holds, by digest and tag."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


class Registry(Answering):
    """The registry.

    Args:
        users: Passwords by user; without any, everybody may do everything.
        token: Whether tokens are given for passwords, or passwords are asked for each time (Basic).
        anonymous: Whether nobody in particular may read.
        identity: An identity token that buys access tokens.
        life_s: How long a token is said to live.
        certificate: Speak HTTPS with it.
        clients: Ask clients for a certificate of these authorities.
    """

    def __init__(
        self,
        *,
        users: dict[str, str] | None = None,
        token: bool = False,
        anonymous: bool = False,
        identity: str | None = None,
        life_s: int = 300,
        certificate: Path | None = None,
        clients: Path | None = None,
    ) -> None:
        super().__init__(certificate=certificate, clients=clients)
        self.repositories: dict[str, Contents] = {}
        self.faults = Faults()
        self.tokens: dict[str, frozenset[str]] = {}
        self.given: list[list[str]] = []
        self._users = users or {}
        self._is_token = token
        self._anonymous = anonymous
        self._identity = identity
        self._life_s = life_s
        self._uploads: dict[str, bytes] = {}
        self._scripts: list[tuple[str, str, list[Said]]] = []

    def repository(self, name: str) -> Contents:
        """What the repository `name` holds; made when there is none."""
        return self.repositories.setdefault(name, Contents())

    def put(self, name: str, tag: str | None, image: Made | Sequence[Made]) -> Descriptor:
        """Have an image, or an index of several, in a repository; returns the descriptor of what the tag stands for."""
        blobs = MemoryStore()
        root = make_index([image] if isinstance(image, Made) else image, blobs)
        self.take(name, tag, root, blobs)
        return root

    def take(self, name: str, tag: str | None, root: Descriptor, blobs: Blobs) -> None:
        """Have an image out of `blobs`, with all that it leads to, in a repository."""
        for descriptor in blobs_of(blobs, [root]):
            with blobs.open(descriptor.digest) as stream:
                self.add(name, descriptor.media_type, stream.read())
        if tag is not None:
            self.repository(name).tags[tag] = str(root.digest)

    def add(self, name: str, media_type: str, data: bytes, tag: str | None = None) -> Descriptor:
        """Have a manifest, or a blob, in a repository."""
        contents, digest = self.repository(name), str(Digest.of(data))
        if media_type in _MANIFESTS or tag is not None:
            contents.manifests[digest] = (media_type, data)
        else:
            contents.blobs[digest] = data
        if tag is not None:
            contents.tags[tag] = digest
        return Descriptor.of(media_type, data)

    def say(self, method: str, part: str, *answers: Said) -> None:
        """Give these answers, each once, to requests of `method` whose target has `part` in it."""
        self._scripts.append((method, part, list(answers)))

    def revoke(self) -> None:
        """Forget every token that was given."""
        self.tokens.clear()

    def answer(self, asked: Asked) -> Said:
        """As the distribution specification has it, or as the faults say."""
        with self._lock:
            for method, part, answers in self._scripts:
                if answers and asked.method == method and part in asked.target:
                    return answers.pop(0)
            if asked.path == "/token":
                return self._token(asked)
            refused = self._refused(asked)
            if refused is not None:
                return refused
            if self.faults.most_body is not None and len(asked.body) > self.faults.most_body:
                return _error(413, "SIZE_INVALID", "the body is too large")
            if asked.path == "/v2/":
                return Said()
            for pattern, answer in _ROUTES:
                match = re.fullmatch(pattern, asked.path)
                if match is not None:
                    return answer(self, asked, **match.groupdict())
        return _error(404, "NAME_UNKNOWN", "there is nothing")

    def _refused(self, asked: Asked) -> Said | None:
        """The answer to who may not do this."""
        if not self._users and self._identity is None and not self._is_token:
            return None
        scheme, _, value = asked.headers.get("authorization", "").partition(" ")
        needed = self._needed(asked)
        if not self._is_token:
            if scheme == "Basic" and self._user(value) is not None:
                return None
            challenge = 'Basic realm="the registry"'
        else:
            if scheme == "Bearer" and needed <= self.tokens.get(value, frozenset({"?"})):
                return None
            scope = f',scope="{" ".join(sorted(needed))}"' if needed else ""
            challenge = f'Bearer realm="{self.url}/token",service="the registry"{scope}'
        said = _error(401, "UNAUTHORIZED", "authentication required")
        return Said(status=401, headers={**said.headers, "WWW-Authenticate": challenge}, body=said.body)

    def _needed(self, asked: Asked) -> frozenset[str]:
        match = re.fullmatch(rf"/v2/{_NAME}/(manifests|blobs|tags|referrers)/.*", asked.path)
        if match is None:
            return frozenset()
        action = "pull" if asked.method in ("GET", "HEAD") else "delete" if asked.method == "DELETE" else "push"
        if "/uploads/" in asked.path:
            action = "push"
        return frozenset({f"repository:{match['name']}:{action}"})

    def _user(self, basic: str) -> str | None:
        user, _, password = base64.b64decode(basic).decode().partition(":")
        return user if self._users.get(user) == password else None

    def _token(self, asked: Asked) -> Said:
        """A token for all the scopes that were asked for; nobody in particular gets those to pull."""
        form = dict(parse_qsl(asked.body.decode()))
        scheme, _, value = asked.headers.get("authorization", "").partition(" ")
        if form:
            if self._identity is None or form.get("refresh_token") != self._identity:
                return _error(401, "UNAUTHORIZED", f"no such token: {form.get('refresh_token')}")
            scopes, everything = form.get("scope", "").split(), True
        else:
            everything = scheme == "Basic" and self._user(value) is not None
            if scheme == "Basic" and not everything:
                return _error(401, "UNAUTHORIZED", "wrong password")
            if not everything and not self._anonymous:
                return _error(401, "UNAUTHORIZED", "log in first")
            scopes = [value for name, value in asked.queries if name == "scope"]
        granted = set()
        for scope in scopes:
            kind, _, rest = scope.partition(":")
            name, _, actions = rest.rpartition(":")
            granted |= {f"{kind}:{name}:{action}" for action in actions.split(",") if everything or action == "pull"}
        token = secrets.token_hex(16)
        self.tokens[token] = frozenset(granted)
        self.given.append(scopes)
        said = {"access_token" if form else "token": token, "expires_in": self._life_s}
        return Said(headers={"Content-Type": "application/json"}, body=json.dumps(said).encode())

    def _manifest(self, asked: Asked, name: str, which: str) -> Said:
        if asked.method == "PUT":
            return self._put_manifest(asked, name, which)
        contents = self.repositories.get(name)
        moves = self.faults.moves.get(which)
        digest = contents.tags.get(which, which) if contents is not None else which
        if moves:
            digest = moves.pop(0) if len(moves) > 1 else moves[0]
        if contents is None or digest not in contents.manifests:
            return _error(404, "MANIFEST_UNKNOWN", "manifest unknown")
        if asked.method == "DELETE":
            return self._delete(contents, which)
        media_type, data = contents.manifests[digest]
        headers = {"Content-Type": self.faults.wrong_type or media_type}
        if not self.faults.no_digest:
            headers["Docker-Content-Digest"] = _other(digest) if self.faults.wrong_digest else digest
        if self.faults.huge_manifest is not None:
            size = self.faults.huge_manifest
            return Said(headers=headers, body=b" " * min(size, 8_000_000), length=size)
        return Said(headers=headers, body=_changed(data) if self.faults.wrong_manifest else data)

    def _put_manifest(self, asked: Asked, name: str, which: str) -> Said:
        contents, digest = self.repository(name), str(Digest.of(asked.body))
        document = json.loads(asked.body)
        named = [*document.get("layers", ()), *([document["config"]] if "config" in document else ())]
        absent = [one["digest"] for one in named if one["digest"] not in contents.blobs]
        absent += [one["digest"] for one in document.get("manifests", ()) if one["digest"] not in contents.manifests]
        if absent:
            return _error(400, "MANIFEST_BLOB_UNKNOWN", f"blob unknown to registry: {absent[0]}")
        contents.manifests[digest] = (asked.headers["content-type"], asked.body)
        if not which.startswith("sha256:"):
            contents.tags[which] = digest
        headers = {"Location": f"/v2/{name}/manifests/{digest}", "Docker-Content-Digest": digest}
        subject = document.get("subject")
        if subject and not self.faults.no_referrers:
            headers["OCI-Subject"] = subject["digest"]
        return Said(status=201, headers=headers)

    def _delete(self, contents: Contents, which: str) -> Said:
        if self.faults.no_delete:
            return _error(405, "UNSUPPORTED", "The operation is unsupported.")
        if which in contents.tags:
            del contents.tags[which]
        else:
            del contents.manifests[which]
            for tag in [tag for tag, digest in contents.tags.items() if digest == which]:
                del contents.tags[tag]
        return Said(status=202)

    def _blob(self, asked: Asked, name: str, digest: str) -> Said:
        contents = self.repositories.get(name)
        if contents is None or digest not in contents.blobs:
            return _error(404, "BLOB_UNKNOWN", "blob unknown to registry")
        if self.faults.blob_host is not None and asked.method == "GET":
            return Said(status=307, headers={"Location": f"{self.faults.blob_host}/storage/{digest}?signature=secret"})
        return blob_answer(asked, contents.blobs[digest], digest, self.faults)

    def _begin_upload(self, asked: Asked, name: str) -> Said:
        mount, other = asked.query.get("mount"), asked.query.get("from", "")
        known = self.repositories.get(other, Contents()).blobs
        if mount in known and not self.faults.no_mount:
            self.repository(name).blobs[mount] = known[mount]
            return Said(status=201, headers={"Location": f"/v2/{name}/blobs/{mount}"})
        session = secrets.token_hex(8)
        self._uploads[session] = b""
        host = self.faults.upload_host or ""
        location = f"{host}/v2/{name}/blobs/uploads/{session}?state=secret"
        return Said(status=202, headers={"Location": location, "Range": "0-0"})

    def _upload(self, asked: Asked, name: str, session: str) -> Said:
        here = {"Location": f"/v2/{name}/blobs/uploads/{session}?state=secret"}
        if session not in self._uploads:
            return _error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        if asked.method == "DELETE":
            del self._uploads[session]
            return Said(status=204)
        if asked.method == "GET":
            return Said(status=204, headers={**here, "Range": f"0-{max(0, len(self._uploads[session]) - 1)}"})
        arrived = asked.body
        limit = self.faults.breaks_uploads_after
        if limit is not None and len(arrived) > limit:
            self.faults.breaks_uploads_after = None
            self._uploads[session] += arrived[:limit]
            return _error(500, "UNKNOWN", "the disk is slow")
        start = asked.headers.get("content-range", "").partition("-")[0]
        if start and int(start) != len(self._uploads[session]):
            return Said(status=416, headers={**here, "Range": f"0-{len(self._uploads[session]) - 1}"})
        self._uploads[session] += arrived
        if asked.method == "PATCH":
            return Said(status=202, headers={**here, "Range": f"0-{len(self._uploads[session]) - 1}"})
        digest, data = asked.query.get("digest", ""), self._uploads.pop(session)
        algorithm, _, hexadecimal = digest.partition(":")
        if algorithm not in ("sha256", "sha512") or hashlib.new(algorithm, data).hexdigest() != hexadecimal:
            return _error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        self.repository(name).blobs[digest] = data
        if self.faults.loses_answer:
            self.faults.loses_answer = False
            return Said(hangs_up=True)
        return Said(status=201, headers={"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest})

    def _tags(self, asked: Asked, name: str) -> Said:
        if name not in self.repositories:
            return _error(404, "NAME_UNKNOWN", "repository name not known to registry")
        tags = sorted(self.repositories[name].tags)
        page, headers = self._paged(asked, tags, f"/v2/{name}/tags/list")
        body = json.dumps({"name": name, "tags": page or None}).encode()
        return Said(headers={"Content-Type": "application/json", **headers}, body=body)

    def _referrers(self, asked: Asked, name: str, digest: str) -> Said:
        if self.faults.no_referrers:
            return _error(404, "UNSUPPORTED", "there is no such API")
        found, wanted = [], asked.query.get("artifactType")
        for known, (media_type, data) in sorted(self.repository(name).manifests.items()):
            document = json.loads(data)
            if document.get("subject", {}).get("digest") != digest:
                continue
            kind = document.get("artifactType") or document.get("config", {}).get("mediaType")
            if wanted in (None, kind) or self.faults.no_filter:
                found.append({"mediaType": media_type, "digest": known, "size": len(data), "artifactType": kind,
                              "annotations": document.get("annotations", {})})  # fmt: skip
        page, headers = self._paged(asked, found, f"/v2/{name}/referrers/{digest}")
        if wanted is not None and not self.faults.no_filter:
            headers["OCI-Filters-Applied"] = "artifactType"
        body = json.dumps({"schemaVersion": 2, "mediaType": media.INDEX, "manifests": page}).encode()
        return Said(headers={"Content-Type": media.INDEX, **headers}, body=body)

    def _paged(self, asked: Asked, things: list[object], path: str) -> tuple[list[object], dict[str, str]]:
        size = self.faults.page
        if size is None:
            return things, {}
        start = int(asked.query.get("last", "0"))
        end = start + size
        if end >= len(things) and not self.faults.circle:
            return things[start:], {}
        following = 0 if self.faults.circle else end
        return things[start:end], {"Link": f'<{path}?n={size}&last={following}>; rel="next"'}


class Storage(Answering):
    """Another host, to which a registry sends its clients for the bytes of blobs.

    Args:
        registry: Whose.
    """

    def __init__(self, registry: Registry, *, certificate: Path | None = None) -> None:
        super().__init__(certificate=certificate)
        self._registry = registry

    def answer(self, asked: Asked) -> Said:
        """Blobs, and uploads, without asking who it is."""
        if asked.method == "GET" and asked.path.startswith("/storage/"):
            digest = asked.path.removeprefix("/storage/")
            for contents in self._registry.repositories.values():
                if digest in contents.blobs:
                    return blob_answer(asked, contents.blobs[digest], digest, self._registry.faults)
            return Said(status=404)
        match = re.fullmatch(rf"/v2/{_NAME}/blobs/uploads/(?P<session>[0-9a-f]+)", asked.path)
        if match is None:
            return Said(status=404)
        with self._registry._lock:
            return self._registry._upload(asked, match["name"], match["session"])


def blob_answer(asked: Asked, data: bytes, digest: str, faults: Faults) -> Said:
    """The bytes of a blob, or the part that was asked for."""
    whole = _changed(data) if faults.wrong_blob else data + b"!" if faults.long_blob else data
    whole = whole[:-1] if faults.short_blob else whole
    headers = {"Docker-Content-Digest": digest, "Content-Type": "application/octet-stream"}
    if asked.method == "HEAD":
        return Said(headers=headers, body=whole)
    start = int(asked.headers.get("range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
    if start and not faults.no_ranges:
        if start >= len(whole):
            return Said(status=416, headers=headers)
        headers["Content-Range"] = f"bytes {start}-{len(whole) - 1}/{len(whole)}"
        return Said(status=206, headers=headers, body=whole[start:], breaks_after=faults.breaks_blobs_after)
    return Said(headers=headers, body=whole, breaks_after=faults.breaks_blobs_after)


def _changed(data: bytes) -> bytes:
    """As many bytes, and others."""
    return bytes([data[0] ^ 1]) + data[1:] if data else b""


def _other(digest: str) -> str:
    return digest[:-1] + ("0" if digest[-1] != "0" else "1")


def _error(status: int, code: str, message: str) -> Said:
    body = json.dumps({"errors": [{"code": code, "message": message, "detail": {"secret": "hunter2"}}]}).encode()
    return Said(status=status, headers={"Content-Type": "application/json"}, body=body)


_ROUTES = (
    (rf"/v2/{_NAME}/manifests/(?P<which>[^/]+)", Registry._manifest),
    (rf"/v2/{_NAME}/blobs/uploads/", Registry._begin_upload),
    (rf"/v2/{_NAME}/blobs/uploads/(?P<session>[0-9a-f]+)", Registry._upload),
    (rf"/v2/{_NAME}/blobs/(?P<digest>[a-z0-9]+:[0-9a-f]+)", Registry._blob),
    (rf"/v2/{_NAME}/tags/list", Registry._tags),
    (rf"/v2/{_NAME}/referrers/(?P<digest>[a-z0-9]+:[0-9a-f]+)", Registry._referrers),
)

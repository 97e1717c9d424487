"""A Hugging Face Hub in memory behind a local HTTP server, as far as the real client asks."""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hf_secret_of_the_tests"
_LARGE = (".h5", ".tflite", ".png")


class Asked(NamedTuple):
    """A request as it arrived."""

    method: str
    path: str
    range: str | None


@dataclass
class Repository:
    """What a hub keeps under one name: snapshots in order, and what branches and tags mean."""

    private: bool = False
    snapshots: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)

    def add(self, files: dict[str, bytes]) -> str:
        """Adds a snapshot to the branch main and returns its commit."""
        listed = sorted((name, hashlib.sha256(data).hexdigest()) for name, data in files.items())
        commit = hashlib.sha1(repr((len(self.snapshots), listed)).encode()).hexdigest()
        self.snapshots[commit] = dict(files)
        self.refs["main"] = commit
        return commit

    def commit_of(self, revision: str) -> str | None:
        return revision if revision in self.snapshots else self.refs.get(revision)


@dataclass
class Fault:
    """An answer that the server gives instead of the right one, as often as `times` says."""

    path: str
    status: int = 0
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    after_bytes: int | None = None


class HubServer:
    """Starts with the block and ends with it; `url` is the endpoint.

    Attributes:
        repositories: By name.
        faults: What goes wrong next, by a pattern of the path.
        asked: Every request so far.
    """

    handler: ClassVar[type[BaseHTTPRequestHandler]]

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.faults: list[Fault] = []
        self.asked: list[Asked] = []
        self.blobs: dict[str, bytes] = {}
        self.names: dict[str, str] = {}
        handler = type("Bound", (self.handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "HubServer":
        # The default looks twice a second whether to end, which every test would wait for.
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fault_for(self, path: str) -> Fault | None:
        for fault in self.faults:
            if re.search(fault.path, path) and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def asked_for(self, piece: str, *, method: str = "GET") -> list[Asked]:
        return [each for each in self.asked if each.method == method and piece in each.path]


class Handler(BaseHTTPRequestHandler):
    hub: HubServer
    routes: ClassVar[list[tuple[str, Callable[..., None]]]]
    protocol_version = "HTTP/1.1"

    def log_message(self, *_) -> None:
        pass

    def _serve(self) -> None:
        # A client that takes this server for its proxy sends the whole address.
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.hub.asked.append(Asked(self.command, path, self.headers.get("Range")))
        self.fault = self.hub.fault_for(path)
        if self.fault and self.fault.status:
            self.json({"error": "a fault"}, self.fault.status, self.fault.headers)
            return
        for pattern, answer in self.routes:
            if match := re.fullmatch(pattern, f"{self.command} {path}"):
                answer(self, *match.groups(), **{k: v[0] for k, v in parse_qs(parts.query).items()})
                return
        self.json({"error": f"no route for {self.command} {path}"}, 500)

    do_GET = do_HEAD = do_POST = do_PUT = _serve  # noqa: N815

    def json(self, content: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        headers = {"Content-Type": "application/json", **(headers or {})}
        self.answer(json.dumps(content).encode(), status, headers)

    def answer(self, body: bytes, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.fault and self.fault.after_bytes is not None:
            self.wfile.write(body[: self.fault.after_bytes])
            self.wfile.flush()
            self.close_connection = True
            return
        self.wfile.write(body)

    def content(self, data: bytes, headers: dict[str, str]) -> None:
        start = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        headers = {"Accept-Ranges": "bytes", **headers}
        if start is None:
            self.answer(data, 200, headers)
            return
        first = int(start[1])
        headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
        self.answer(data[first:], 206, headers)

    def refused(self, *, writing: bool, private: bool = False) -> bool:
        given = self.headers.get("Authorization")
        if given == f"Bearer {TOKEN}" or (given is None and not writing and not private):
            return False
        self.json({"error": "Invalid credentials in Authorization header"}, 401)
        return True

    def missing(self, what: str) -> None:
        self.json({"error": f"{what} not found"}, 404, {"X-Error-Code": what})

    def _create(self, **_: str) -> None:
        if self.refused(writing=True):
            return
        asked = json.loads(self.body)
        name = f"{asked['organization']}/{asked['name']}"
        if name in self.hub.repositories:
            self.json({"error": "You already created it", "url": f"{self.hub.url}/{name}"}, 409)
            return
        repository = Repository(private=asked.get("visibility") == "private")
        repository.add({".gitattributes": b"*.h5 filter=lfs\n"})
        self.hub.repositories[name] = repository
        self.json({"url": f"{self.hub.url}/{name}", "name": name})

    def _validate(self) -> None:
        import yaml

        head = yaml.safe_load(json.loads(self.body)["content"].split("---\n")[1])
        errors = [
            {"message": f"{key} must be a list"}
            for key in ("tags", "datasets", "metrics", "model-index")
            if not isinstance(head.get(key, []), list)
        ]
        self.json({"errors": errors, "warnings": []}, 400 if errors else 200)

    def _info(self, name: str, revision: str | None = None, **_: str) -> None:
        repository = self.hub.repositories.get(name)
        if self.refused(writing=False, private=repository is not None and repository.private):
            return
        if repository is None:
            self.missing("RepoNotFound")
        elif (commit := repository.commit_of(revision or "main")) is None:
            self.missing("RevisionNotFound")
        else:
            siblings = [{"rfilename": each} for each in repository.snapshots[commit]]
            self.json({"id": name, "sha": commit, "siblings": siblings, "tags": []})

    def _preupload(self, name: str, revision: str, **_: str) -> None:
        if self.refused(writing=True):
            return
        files = [
            {
                "path": each["path"],
                "uploadMode": "lfs" if each["path"].endswith(_LARGE) else "regular",
                "shouldIgnore": False,
            }
            for each in json.loads(self.body)["files"]
        ]
        self.json({"files": files})

    def _batch(self, name: str) -> None:
        if self.refused(writing=True):
            return
        objects = [
            {**each, "actions": {"upload": {"href": f"{self.hub.url}/blobs/{each['oid']}"}}}
            for each in json.loads(self.body)["objects"]
        ]
        self.json({"transfer": "basic", "objects": objects})

    def _blob(self, oid: str) -> None:
        assert hashlib.sha256(self.body).hexdigest() == oid
        self.hub.blobs[oid] = self.body
        self.json({})

    def _commit(self, name: str, revision: str, **_: str) -> None:
        if self.refused(writing=True):
            return
        repository = self.hub.repositories[name]
        files = dict(repository.snapshots[repository.refs[revision]])
        for line in map(json.loads, self.body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.blobs[value["oid"]]
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        commit = repository.add(files)
        self.json({"commitUrl": f"{self.hub.url}/{name}/commit/{commit}", "commitOid": commit})

    def _resolve(self, name: str, revision: str, file_name: str, **_: str) -> None:
        repository = self.hub.repositories.get(name)
        if self.refused(writing=False, private=repository is not None and repository.private):
            return
        if repository is None:
            self.missing("RepoNotFound")
            return
        commit = repository.commit_of(revision)
        if commit is None:
            self.missing("RevisionNotFound")
            return
        data = repository.snapshots[commit].get(file_name)
        if data is None:
            self.json({"error": "no such file"}, 404, _entry_headers(commit))
            return
        digest = hashlib.sha256(data).hexdigest()
        headers = {"ETag": f'"{digest}"', "X-Repo-Commit": commit}
        if file_name.endswith(_LARGE):
            self.hub.blobs[digest], self.hub.names[digest] = data, file_name
            headers |= {"X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(data))}
            # Another host by its name, as the hub keeps large files: no token may go there.
            storage = self.hub.url.replace("127.0.0.1", "localhost")
            headers["Location"] = f"{storage}/large/{digest}/{file_name}"
            self.answer(b"", 302, headers)
        else:
            self.content(data, headers)

    def _large(self, digest: str, _: str) -> None:
        assert "Authorization" not in self.headers
        self.content(self.hub.blobs[digest], {"ETag": f'"{digest}"'})


def _entry_headers(commit: str) -> dict[str, str]:
    return {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit}


_REPO = r"([^/]+/[^/]+)"
Handler.routes = [
    (r"POST /api/repos/create", Handler._create),
    (r"POST /api/validate-yaml", Handler._validate),
    (rf"GET /api/models/{_REPO}", Handler._info),
    (rf"GET /api/models/{_REPO}/revision/(.+)", Handler._info),
    (rf"POST /api/models/{_REPO}/preupload/(.+)", Handler._preupload),
    (rf"POST /api/models/{_REPO}/commit/(.+)", Handler._commit),
    (rf"POST /{_REPO}\.git/info/lfs/objects/batch", Handler._batch),
    (r"PUT /blobs/([0-9a-f]{64})", Handler._blob),
    (r"GET /large/([0-9a-f]{64})/([^/]+)", Handler._large),
    (rf"(?:GET|HEAD) /{_REPO}/resolve/([^/]+)/([^/]+)", Handler._resolve),
]
HubServer.handler = Handler

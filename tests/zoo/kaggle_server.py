"""Kaggle Models in memory behind a local HTTP server, as far as the real client asks.

The client speaks plain HTTP to http://localhost with KAGGLE_API_ENVIRONMENT=LOCALHOST; as its
proxy, this server gets those requests whatever its port.
"""

import base64
import hashlib
import json

from hub_server import Handler, HubServer, Repository


class KaggleHandler(Handler):
    def _kaggle(self, method: str) -> None:
        asked = json.loads(self.body)
        if self.refused(writing=method.startswith(("Create", "Start"))):
            return
        instance = asked.get("instanceSlug") or asked.get("body", {}).get("instanceSlug")
        name = f"{asked.get('ownerSlug')}/{asked.get('modelSlug')}/keras/{instance}"
        getattr(self, f"on_{method}")(asked, name)

    def on_GetModel(self, asked: dict, _: str) -> None:  # noqa: N802
        prefix = f"{asked['ownerSlug']}/{asked['modelSlug']}/"
        if any(name.startswith(prefix) for name in self.hub.repositories):
            self.json({"slug": asked["modelSlug"]})
        else:
            self.json({"code": 404, "message": "Not found"}, 404)

    def on_CreateModel(self, asked: dict, _: str) -> None:  # noqa: N802
        self.json({"id": 1, "url": f"/models/{asked['ownerSlug']}/{asked['slug']}"})

    def on_GetModelInstance(self, _: dict, name: str) -> None:  # noqa: N802
        repository = self.hub.repositories.get(name)
        if repository is None:
            self.json({"code": 404, "message": "Not found"}, 404)
        else:
            self.json({"versionNumber": len(repository.snapshots)})

    def on_DownloadModelInstanceVersion(self, asked: dict, name: str) -> None:  # noqa: N802
        version, repository = asked["versionNumber"], self.hub.repositories.get(name)
        commits = list(repository.snapshots) if repository else []
        if (
            version > len(commits)
            or asked["path"] not in repository.snapshots[commits[version - 1]]
        ):
            self.json({"code": 404, "message": "Not found"}, 404)
            return
        where = f"http://localhost/stored/{name}/{version}/{asked['path']}"
        self.answer(b"", 302, {"Location": where})

    def on_StartBlobUpload(self, asked: dict, _: str) -> None:  # noqa: N802
        token = f"token-{len(self.hub.names)}"
        self.hub.names[token] = asked["name"]
        self.json({"token": token, "createUrl": f"http://localhost/upload/{token}"})

    def on_CreateModelInstance(self, asked: dict, name: str) -> None:  # noqa: N802
        if name in self.hub.repositories:
            self.json({"error": "exists", "errorCode": 409})
            return
        self.hub.licences.append(asked["body"].get("licenseName"))
        self.hub.repositories[name] = Repository()
        self.on_CreateModelInstanceVersion(asked, name)

    def on_CreateModelInstanceVersion(self, asked: dict, name: str) -> None:  # noqa: N802
        tokens = [each["token"] for each in asked["body"]["files"]]
        files = {self.hub.names[token]: self.hub.blobs[token] for token in tokens}
        self.hub.repositories[name].add(files)
        self.json({"id": 1, "url": f"/models/{name}"})

    def _upload(self, token: str) -> None:
        self.hub.blobs[token] = self.body
        self.json({})

    def _stored(self, name: str, version: str, file_name: str) -> None:
        snapshots = list(self.hub.repositories[name].snapshots.values())
        data = snapshots[int(version) - 1][file_name]
        digest = base64.b64encode(hashlib.md5(data).digest()).decode()
        self.content(data, {"x-goog-hash": f"md5={digest}"})


KaggleHandler.routes = [
    (
        r"POST /api/v1/(?:models\.ModelApiService|blobs\.BlobApiService)/(\w+)",
        KaggleHandler._kaggle,
    ),
    (r"PUT /upload/([\w-]+)", KaggleHandler._upload),
    (r"GET /stored/([^/]+/[^/]+/keras/[^/]+)/(\d+)/([^/]+)", KaggleHandler._stored),
]


class KaggleServer(HubServer):
    """A `HubServer` whose repositories are named `user/model/keras/variation`.

    Attributes:
        licences: Of the models that were made.
    """

    handler = KaggleHandler

    def __init__(self) -> None:
        super().__init__()
        self.licences: list[str | None] = []

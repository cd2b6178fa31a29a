"""The customer's page and its files, read once at the start: labelled in the customer's language, cached by content.

Nothing is fetched from another host, and the content policy allows no inline script or style.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from aiohttp import web

from core.settings import ROOT
from core.tenants import Tenant, word
from gateway.services import Services
from gateway.webchat_colours import FALLBACK, HEX, theme

WEB = ROOT / "web"
FONTS = ROOT / "var" / "assets" / "web" / "fonts"
LANGUAGE_COOKIE = "sathi_lang"
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
# Beside Bangla and Devanagari one middle weight of Latin serves for all: digits and spaces would cost two files.
LATIN = "noto-sans-latin-500-normal.woff2"
LATIN_FACE = (
    '@font-face{font-family:"Sathi Latin";font-style:normal;font-weight:400 700;font-display:swap;'
    f'src:url({LATIN}) format("woff2");unicode-range:U+0000-00FF,U+2010-2027,U+2030-205E,U+20AC,U+20B9,U+2212}}\n'
).encode()
FOREVER = "public, max-age=31536000, immutable"
FRESH = "no-cache"
HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d{1,5})?|\[[0-9A-Fa-f:]+\](:\d{1,5})?")
SLOT = re.compile(r"\{\{([a-z_.]+)\}\}")


@dataclass(frozen=True, kw_only=True)
class Asset:
    """A file to serve, and the same compressed when that is worth it."""

    content: bytes
    packed: bytes
    mime: str
    tag: str


def asset(content: bytes, mime: str) -> Asset:
    """Prepare a file once for all requests."""
    packed = gzip.compress(content, 9, mtime=0) if not mime.startswith(("image/png", "font/")) else content
    return Asset(
        content=content,
        packed=packed if len(packed) < len(content) else content,
        mime=mime,
        tag=hashlib.sha256(content).hexdigest()[:16],
    )


def policy(host: str) -> str:
    """The content policy. Older Safari does not count a socket to the same host as 'self'."""
    sockets = f" ws://{host} wss://{host}" if HOST.fullmatch(host) else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' blob:; "
        f"connect-src 'self'{sockets}; manifest-src 'self'; worker-src 'self'; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types sathi"
    )


def choose(wanted: str, offered: list[str], default: str) -> str:
    """The best offered language of an Accept-Language header."""
    ranked: list[tuple[float, int, str]] = []
    for place, item in enumerate(wanted[:500].split(",")):
        tag, _, weight = item.strip().partition(";")
        try:
            rank = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        base = tag.strip().lower().split("-")[0]
        if base in offered and rank > 0:
            ranked.append((-rank, place, base))
    return min(ranked)[2] if ranked else default


class Pages:
    """Serves the page, its files, manifest and service worker."""

    def __init__(self, services: Services, tenant: str, folder: Path = WEB, fonts: Path = FONTS) -> None:
        self._settings = services.settings
        self._tenant: Tenant = services.tenants.get(tenant)
        self._labels: dict[str, dict[str, str]] = {
            path.stem: json.loads(path.read_text("utf-8")) for path in sorted((folder / "labels").glob("*.json"))
        }
        self._page = (folder / "index.html").read_text("utf-8")
        self._worker = (folder / "sw.js").read_text("utf-8")
        self._manifest: dict[str, Any] = json.loads((folder / "manifest.webmanifest").read_text("utf-8"))
        self._files = {
            str(path.relative_to(folder)): asset(path.read_bytes(), TYPES[path.suffix])
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix in (".css", ".js", ".svg", ".png", ".json") and path.name != "sw.js"
        }
        self._files["theme.css"] = asset(theme(self._tenant.accent).encode(), "text/css")
        self._fonts = {
            path.name: asset(path.read_bytes(), TYPES[path.suffix])
            for path in (sorted(fonts.iterdir()) if fonts.is_dir() else ())
            if path.suffix in (".css", ".woff2")
        }
        if "fonts.css" in self._fonts and LATIN in self._fonts:
            self._fonts["fonts.css"] = asset(self._fonts["fonts.css"].content + LATIN_FACE, "text/css")
        # Where the fonts are not installed the page falls back to the system's, without an error in its console.
        self._fonts.setdefault("fonts.css", asset(b"/* the fonts are not installed */\n", "text/css"))
        tags = "".join(item.tag for _, item in sorted(self._files.items()))
        shown = (sorted(self._tenant.name.items()), self._tenant.hotline.number, self._tenant.accent, self.languages)
        whole = f"{tags}{self._page}{self._worker}{shown}"
        self.version = hashlib.sha256(whole.encode()).hexdigest()[:12]
        self._default = self._offered(self._tenant.default_form)

    def _offered(self, form: str) -> str:
        base = form.split("-")[0]
        return base if base in self._labels else "en"

    @property
    def languages(self) -> list[str]:
        """The languages of the labels that the tenant's customers use, the tenant's own first."""
        bases = dict.fromkeys(form.split("-")[0] for form in (self._tenant.default_form, *self._tenant.forms))
        return [base for base in bases if base in self._labels] or ["en"]

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.page),
            web.get("/sw.js", self.worker),
            web.get("/manifest.webmanifest", self.manifest),
            web.get("/chat/app/{version}/{path:.+}", self.file),
            web.get("/static/fonts/{name}", self.font),
        ]

    def _language(self, request: web.Request) -> str:
        chosen = request.cookies.get(LANGUAGE_COOKIE, "")
        if chosen in self._labels:
            return chosen
        return choose(request.headers.get("Accept-Language", ""), self.languages, self._default)

    def _values(self, language: str) -> Mapping[str, str]:
        tenant, labels = self._tenant, {**self._labels["en"], **self._labels[language]}
        accent = tenant.accent if HEX.fullmatch(tenant.accent) else FALLBACK
        return {
            "language": language,
            "languages": " ".join(self.languages),
            "version": self.version,
            "tenant": word(tenant.name, language),
            "hotline": tenant.hotline.number,
            "accent": accent,
            **{f"label.{name}": text for name, text in labels.items()},
        }

    async def page(self, request: web.Request) -> web.Response:
        language = self._language(request)
        values = self._values(language)
        body = SLOT.sub(lambda found: escape(values[found[1]]), self._page)
        response = _answer(request, asset(body.encode(), "text/html"), FRESH)
        response.headers["Content-Security-Policy"] = policy(request.host)
        response.headers["Permissions-Policy"] = "geolocation=(self), camera=(), microphone=(), payment=(), usb=()"
        response.headers["Content-Language"] = language
        response.headers["Vary"] = "Accept-Language, Accept-Encoding, Cookie"
        return response

    async def worker(self, request: web.Request) -> web.Response:
        """The service worker, with the list of files that make the shell."""
        shell = [f"/chat/app/{self.version}/{name}" for name in self._files if name.endswith((".css", ".js"))]
        shell += [f"/chat/app/{self.version}/labels/{language}.json" for language in self.languages]
        values = {"version": self.version, "shell": json.dumps(["/", "/static/fonts/fonts.css", *shell])}
        body = SLOT.sub(lambda found: values[found[1]], self._worker)
        response = _answer(request, asset(body.encode(), "text/javascript"), FRESH)
        response.headers["Content-Security-Policy"] = "default-src 'none'; connect-src 'self'"
        return response

    async def manifest(self, request: web.Request) -> web.Response:
        language = self._language(request)
        values = self._values(language)
        document = json.loads(SLOT.sub(lambda found: json.dumps(values[found[1]])[1:-1], json.dumps(self._manifest)))
        body = json.dumps(document, ensure_ascii=False).encode()
        response = _answer(request, asset(body, TYPES[".webmanifest"]), FRESH)
        response.headers["Vary"] = "Accept-Language, Accept-Encoding, Cookie"
        return response

    async def file(self, request: web.Request) -> web.Response:
        """A file of the page; its address changes with its content, so it may be kept for ever."""
        found = self._files.get(request.match_info["path"])
        if found is None:
            raise web.HTTPNotFound(text="")
        current = request.match_info["version"] == self.version
        return _answer(request, found, FOREVER if current else FRESH)

    async def font(self, request: web.Request) -> web.Response:
        found = self._fonts.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound(text="")
        # Names say family, script and weight; a new release of a font is worth a day's wait.
        return _answer(request, found, "public, max-age=86400")


def _answer(request: web.Request, found: Asset, keep: str) -> web.Response:
    headers = {
        "Cache-Control": keep,
        "ETag": f'"{found.tag}"',
        "Content-Type": f"{found.mime}; charset=utf-8"
        if not found.mime.startswith(("image/png", "font/"))
        else found.mime,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Vary": "Accept-Encoding",
    }
    if f'"{found.tag}"' in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    body = found.content
    if len(found.packed) < len(body) and "gzip" in request.headers.get("Accept-Encoding", ""):
        body = found.packed
        headers["Content-Encoding"] = "gzip"
    return web.Response(body=body, headers=headers)

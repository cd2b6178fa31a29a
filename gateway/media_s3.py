"""A shelf in an S3-compatible bucket: three calls, signed with AWS Signature Version 4 (path-style addresses)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

import aiohttp
from pydantic import SecretStr

from core.errors import Unavailable
from core.media import KEY

SECONDS = 60.0
ALGORITHM = "AWS4-HMAC-SHA256"


def sign(
    method: str, url: str, headers: dict[str, str], digest: str, *, region: str, key: str, secret: str
) -> dict[str, str]:
    """The headers with `Authorization` added. `headers` must hold Host and X-Amz-Date; `digest` is the body's."""
    where = urlsplit(url)
    lower = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    names = ";".join(sorted(lower))
    canonical = "\n".join(
        [
            method,
            where.path or "/",
            where.query,
            *(f"{name}:{lower[name]}" for name in sorted(lower)),
            "",
            names,
            digest,
        ]
    )
    moment = lower["x-amz-date"]
    scope = f"{moment[:8]}/{region}/s3/aws4_request"
    to_sign = "\n".join([ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signing = f"AWS4{secret}".encode()
    for part in (moment[:8], region, "s3", "aws4_request"):
        signing = hmac.new(signing, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(signing, to_sign.encode(), hashlib.sha256).hexdigest()
    value = f"{ALGORITHM} Credential={key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "Authorization": value}


class S3Shelf:
    """Implements `core.media.Shelf`. `url` is the bucket's address, https://host/bucket."""

    def __init__(
        self,
        url: str,
        region: str,
        access_key: SecretStr,
        secret_key: SecretStr,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._url = url.rstrip("/")
        self._region = region
        self._access_key = access_key
        self._secret_key = secret_key
        self._now = now
        self._session: aiohttp.ClientSession | None = None

    async def put(self, key: str, content: bytes, mime: str) -> None:
        await self._call("PUT", key, content, {"Content-Type": mime})

    async def get(self, key: str) -> bytes | None:
        return await self._call("GET", key)

    async def remove(self, key: str) -> None:
        await self._call("DELETE", key)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _call(
        self, method: str, key: str, content: bytes = b"", more: dict[str, str] | None = None
    ) -> bytes | None:
        """One call; None when there is no such object. `Unavailable` never carries the address or a key."""
        if not KEY.fullmatch(key) or ".." in key:
            raise ValueError("not a key of a shelf")
        url = f"{self._url}/{quote(key, safe='/-_.~')}"
        digest = hashlib.sha256(content).hexdigest()
        headers = {
            "Host": urlsplit(url).netloc,
            "X-Amz-Date": self._now().strftime("%Y%m%dT%H%M%SZ"),
            "X-Amz-Content-Sha256": digest,
            **(more or {}),
        }
        signed = sign(
            method,
            url,
            headers,
            digest,
            region=self._region,
            key=self._access_key.get_secret_value(),
            secret=self._secret_key.get_secret_value(),
        )
        if self._session is None:
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=SECONDS), trust_env=False
            )
        try:
            async with self._session.request(
                method, url, data=content if method == "PUT" else None, headers=signed, allow_redirects=False
            ) as response:
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable("the bucket did not answer", code=type(error).__name__) from None
        if response.status == 404:
            return None
        if not 200 <= response.status < 300:
            raise Unavailable(f"the bucket answered {response.status}", code=f"bucket_{response.status}")
        return body

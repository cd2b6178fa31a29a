"""Both shelves under one contract, and the bucket's signature against the example that AWS publishes."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.errors import Unavailable
from core.media import FolderShelf, Shelf
from gateway.media_s3 import S3Shelf, sign
from tests.fakes.bucket import FakeBucket

KEY = "media/tenant-a/ab/ab12_-"


@pytest.fixture
async def bucket() -> AsyncIterator[FakeBucket]:
    async with FakeBucket().serving() as fake:
        yield fake


def s3(bucket: FakeBucket, **changes: str) -> S3Shelf:
    words = {"access": bucket.access, "secret": bucket.secret, "region": bucket.region} | changes
    return S3Shelf(bucket.url, words["region"], SecretStr(words["access"]), SecretStr(words["secret"]))


@pytest.fixture(params=["folder", "bucket"])
async def shelf(request: pytest.FixtureRequest, bucket: FakeBucket, tmp_path: Path) -> AsyncIterator[Shelf]:
    if request.param == "folder":
        yield FolderShelf(tmp_path / "data")
        return
    remote = s3(bucket)
    yield remote
    await remote.close()
    assert bucket.refused == []


async def test_what_is_put_can_be_got_replaced_and_removed(shelf: Shelf) -> None:
    assert await shelf.get(KEY) is None
    await shelf.put(KEY, b"one", "image/jpeg")
    await shelf.put(KEY, b"two \xff", "image/jpeg")
    await shelf.put(f"{KEY}.json", b"{}", "application/json")
    assert await shelf.get(KEY) == b"two \xff"
    await shelf.remove(KEY)
    await shelf.remove(KEY)
    assert await shelf.get(KEY) is None and await shelf.get(f"{KEY}.json") == b"{}"


@pytest.mark.parametrize("key", ["../etc/passwd", "/etc/passwd", "a/../../b", "a b", "", "a/%2e%2e/b", "বিল"])
async def test_no_key_leads_elsewhere(shelf: Shelf, key: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        await shelf.put(key, b"x", "text/plain")
    with pytest.raises(ValueError, match="not a key"):
        await shelf.get(key)


@pytest.mark.parametrize("changes", [{"secret": "wrong"}, {"region": "eu-west-1"}, {"access": "AKIAOTHER"}])
async def test_a_wrong_key_is_refused_and_not_told(bucket: FakeBucket, changes: dict[str, str]) -> None:
    remote = s3(bucket, **changes)
    with pytest.raises(Unavailable) as refused:
        await remote.put(KEY, b"x", "text/plain")
    await remote.close()
    assert bucket.refused and not bucket.objects
    assert refused.value.code == "bucket_403"
    assert not any(word in str(refused.value) for word in (bucket.secret, bucket.url, KEY))


async def test_a_bucket_that_is_away_is_worth_another_try(bucket: FakeBucket) -> None:
    remote = s3(bucket)
    bucket.broken = 1
    with pytest.raises(Unavailable):
        await remote.put(KEY, b"x", "text/plain")
    await remote.put(KEY, b"x", "text/plain")
    await remote.close()
    assert bucket.objects[KEY] == (b"x", "text/plain")


def test_the_signature_of_the_published_example() -> None:
    """ "Example: GET Object" of the pages about Signature Version 4 for S3."""
    empty = hashlib.sha256(b"").hexdigest()
    signed = sign(
        "GET",
        "https://examplebucket.s3.amazonaws.com/test.txt",
        {
            "Host": "examplebucket.s3.amazonaws.com",
            "Range": "bytes=0-9",
            "X-Amz-Content-Sha256": empty,
            "X-Amz-Date": "20130524T000000Z",
        },
        empty,
        region="us-east-1",
        key="AKIAIOSFODNN7EXAMPLE",
        secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    )
    assert signed["Authorization"].endswith("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")

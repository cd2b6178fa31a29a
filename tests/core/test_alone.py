"""What a killed service held is free as soon as the next one starts, unless somebody else still runs."""

from __future__ import annotations

from core import lanes
from core.alone import presence
from core.database import Database


async def _hold(db: Database, key: str) -> lanes.Lease:
    async with db.transaction() as session:
        await lanes.wake(session, db, "inbox", {key: (db.now(), 1)})
        lease = await lanes.claim(session, db, "inbox", "somebody", 90)
    assert lease is not None
    return lease


async def _claim(db: Database) -> lanes.Lease | None:
    async with db.transaction() as session:
        return await lanes.claim(session, db, "inbox", "next", 90)


async def test_a_lonely_start_frees_what_the_dead_held(database: Database) -> None:
    held = await _hold(database, "webchat:1")
    assert await _claim(database) is None
    async with presence(database) as alone:
        assert alone
        taken = await _claim(database)
    assert taken is not None
    assert taken.key == "webchat:1"
    assert taken.fence > held.fence, "the dead one, should it wake up, can write nothing"


async def test_a_second_service_leaves_the_first_ones_leases(database: Database) -> None:
    other = Database(database.url, database.clock)
    try:
        async with presence(database) as first:
            await _hold(database, "webchat:1")
            async with presence(other) as second:
                assert (first, second) == (True, False)
                assert await _claim(other) is None
            async with presence(other) as third:
                assert not third, "who left must not have taken the first one's place"
    finally:
        await other.close()


async def test_who_comes_after_all_have_gone_is_alone_again(database: Database) -> None:
    other = Database(database.url, database.clock)
    try:
        async with presence(database), presence(other):
            pass
        async with presence(other) as alone:
            assert alone
    finally:
        await other.close()

"""A complaint while it is being asked for: read from the slots, filled from a message, turned into a row."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from actions.accounts import ACCOUNT_ENTITIES, owned_if_possible, pick, utility_name
from actions.forms import place_said
from actions.turn import Turn
from complaints.kinds import ComplaintKind
from complaints.service import NewComplaint
from complaints.tables import Complaint
from core.tenant_model import plain_number
from core.tenants import candidates, word
from utility.base import Account

MAX_DETAILS = 1000
# Buttons for "since when": minutes ago, or an hour of the day with so many days back.
SINCE = {
    "now": timedelta(),
    "hours": timedelta(minutes=90),
}
SINCE_CLOCK = {"morning": (0, 8), "yesterday": (1, 12), "today": (0, 6), "earlier": (2, 12)}


@dataclass
class Draft:
    """What is known so far. `account` is None while not asked, empty when the customer does not know it."""

    turn: Turn = field(repr=False)
    kind: ComplaintKind | None
    account: str | None
    utility: str
    proven: bool
    area: str
    area_names: dict[str, str]
    since: dict[str, Any]
    details: str
    photos: list[dict[str, Any]]
    point: dict[str, Any]
    told: list[str]

    @classmethod
    def of(cls, turn: Turn) -> Draft:
        """The draft in the slots."""
        kinds, code = turn.ctx.complaints.kinds, turn.get("kind")
        return cls(
            turn=turn,
            kind=kinds.get(str(code)) if code else None,
            account=turn.get("account"),
            utility=str(turn.get("utility") or ""),
            proven=bool(turn.get("proven")),
            area=str(turn.get("area") or ""),
            area_names=dict(turn.get("area_names") or {}),
            since=dict(turn.get("since") or {}),
            details=str(turn.get("details") or ""),
            photos=list(turn.get("photos") or []),
            point=dict(turn.get("point") or {}),
            told=list(turn.get("told") or []),
        )

    def save(self) -> None:
        """Back into the slots."""
        turn = self.turn
        turn.set("kind", self.kind.code if self.kind else None)
        turn.set("account", self.account)
        turn.set("utility", self.utility or None)
        turn.set("proven", self.proven or None)
        turn.set("area", self.area or None)
        turn.set("area_names", self.area_names or None)
        turn.set("since", self.since or None)
        turn.set("details", self.details or None)
        turn.set("photos", self.photos or None)
        turn.set("point", self.point or None)
        turn.set("told", self.told or None)

    def use(self, account: Account) -> None:
        """Take one of the person's own accounts: company and area come with it."""
        self.account, self.utility, self.proven = account.number, account.utility, True
        if account.area:
            self.area_names = dict(account.area)
            self.area = word(account.area, self.turn.tenant.default_form)

    def claim(self, number: str, slugs: list[str]) -> None:
        """Take a number that is only typed: nothing about it is looked up, so nothing can be disclosed."""
        self.account, self.proven = plain_number(number), False
        self.utility = slugs[0] if len(slugs) == 1 else ""

    async def fill(self, *, accounts: bool = True) -> bool:
        """Take whatever a message says about the complaint; whether it said anything."""
        turn, found = self.turn, False
        number = turn.value(*ACCOUNT_ENTITIES) if accounts else None
        if number:
            utility = str(turn.value("utility") or "")
            own = pick(await owned_if_possible(turn), str(number), utility if utility in turn.tenant.utilities else "")
            slugs = [utility] if utility in turn.tenant.utilities else candidates(turn.tenant, str(number))
            if own:
                self.use(own)
                found = True
            elif slugs:
                self.claim(str(number), slugs)
                found = True
        place = turn.value("place", "area")
        if place and not (self.proven and self.area):
            said = place_said(turn) if turn.asked == "area" else str(place)
            self.area, self.area_names, found = said[:120], {}, True
        since = self.read_since()
        if since:
            self.since, found = since, True
        return found

    def read_since(self) -> dict[str, Any]:
        """Since when, from a button or from a duration, a time or a date that was understood."""
        turn = self.turn
        now = turn.ctx.now().astimezone(ZoneInfo(turn.tenant.timezone))
        button = str(turn.value("since") or "")
        if button in SINCE:
            return {"at": (now - SINCE[button]).isoformat(), "label": f"label_since_{button}"}
        if button in SINCE_CLOCK:
            days, hour = SINCE_CLOCK[button]
            at = (now - timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)
            at = at if at <= now else at - timedelta(days=1)
            return {"at": at.isoformat(), "label": f"label_since_{button}"}
        duration = turn.value("duration")
        if duration is not None:
            try:
                return {"at": (now - timedelta(minutes=float(duration))).isoformat()}
            except (TypeError, ValueError, OverflowError):
                return {"words": turn.spans["duration"][0]}
        day, clock = turn.value("date"), turn.value("time")
        if day is None and clock is None:
            return {}
        try:
            text = f"{day or now.date().isoformat()}T{str(clock or '00:00')[:5]}"
            at = datetime.fromisoformat(text).replace(tzinfo=now.tzinfo)
        except ValueError:
            return {"words": " ".join(turn.spans[name][0] for name in ("date", "time") if turn.spans.get(name))}
        if at - now > timedelta(days=7):
            return {}
        while at > now:  # nobody reports a fault of tomorrow
            at -= timedelta(days=1)
        if clock is None:
            return {"at": at.isoformat(), "day": at.date().isoformat()}
        return {"at": at.isoformat()}

    def since_fact(self) -> Any:
        """Since when, as a fact."""
        if self.since.get("label"):
            return {"$word": self.since["label"]}
        if self.since.get("day"):
            return {"$date": self.since["day"]}
        if self.since.get("at"):
            return {"$when": self.since["at"]}
        return self.since.get("words")

    def facts(self) -> dict[str, Any]:
        """What the summary shows."""
        assert self.kind is not None
        photos = sum(int(photo.get("count", 1)) for photo in self.photos)
        pinned = self.point.get("label") or ({"$word": "label_point_sent"} if self.point else None)
        return {
            "kind": {"$word": self.kind.label},
            "account": self.account,
            "company": utility_name(self.turn, self.utility),
            "area": {"$name": self.area_names} if self.area_names else self.area,
            "point": pinned,
            "since": self.since_fact(),
            "details": self.details,
            "photos": {"$number": str(photos)} if photos else None,
        }

    def row(self, feeder: str = "") -> NewComplaint:
        """The complaint to register."""
        assert self.kind is not None
        ctx = self.turn.ctx
        at = self.since.get("at")
        return NewComplaint(
            tenant=ctx.tenant.slug,
            contact_id=ctx.contact_id,
            conversation_id=ctx.conversation_id,
            kind=self.kind.code,
            utility=self.utility,
            account=self.account or "",
            account_proven=self.proven,
            area=self.area,
            area_names=self.area_names,
            feeder=feeder,
            place=self.point,
            since_at=datetime.fromisoformat(at) if at else None,
            since_words=str(self.since.get("words") or ""),
            details=self.details,
            photos=self.photos,
        )

    def attach(self) -> bool:
        """Keep a photo or a location that was sent; whether there was one."""
        turn = self.turn
        if turn.intent == "inform_media":
            self.photos = [*self.photos, read_photo(turn)]
            return True
        point = read_point(turn)
        if point:
            self.point = point
            return True
        return False


def read_photo(turn: Turn) -> dict[str, Any]:
    """Files that were sent; the inbox row they came with leads to them."""
    return {"inbox": turn.ctx.inbox_id, "count": int(turn.value("count") or 1), "kind": str(turn.value("kind") or "")}


def read_point(turn: Turn) -> dict[str, Any]:
    """A location that was sent, or nothing."""
    latitude, longitude = turn.value("latitude"), turn.value("longitude")
    if turn.intent != "inform_location" or latitude is None or longitude is None:
        return {}
    return {
        "latitude": float(latitude),
        "longitude": float(longitude),
        "label": str(turn.value("label") or "")[:120],
    }


def complaint_facts(turn: Turn, complaint: Complaint) -> dict[str, Any]:
    """A stored complaint as facts, for its owner."""
    return {
        "number": complaint.number,
        "kind": {"$word": turn.ctx.complaints.kinds.get(complaint.kind).label},
        "area": {"$name": complaint.area_names} if complaint.area_names else complaint.area,
        "state": {"$word": f"label_state_{complaint.state}"},
        "made": {"$when": complaint.created_at.isoformat()},
        "changed": {"$when": complaint.updated_at.isoformat()},
    }

"""What only the demo has: invented customers, and a page that shows the text messages nobody receives."""

from __future__ import annotations

from html import escape

from aiohttp import web
from sqlmodel import col, select

from core.database import Database
from core.tables import OutboxRow
from core.tenants import Tenants
from gateway.services import Services
from utility import seed as demo_seed
from utility.seed_history import DemoAccount

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="3"><title>Demo text messages</title>
<h1>Text messages of the demo</h1><p>No SMS gateway is set (SATHI_SMS_URL): what would be sent stands here.</p>
<table><tr><th>when (UTC)</th><th>to</th><th>text</th></tr>%s</table></html>"""


def people(tenants: Tenants) -> list[DemoAccount]:
    """The demo customers, the same in every copy."""
    return demo_seed.people(tenants)


async def seed(db: Database, tenants: Tenants) -> None:
    """Fill an empty database with the demo's accounts, bills and payments; changes nothing that is there."""
    await demo_seed.seed(db, tenants, db.now().date())


def routes(services: Services) -> list[web.RouteDef]:
    """`/demo/sms`, in the demo without an SMS gateway only."""
    if services.settings.sms_url:
        return []

    async def messages(request: web.Request) -> web.Response:
        async with services.db.reading() as session:
            query = (
                select(OutboxRow)
                .where(col(OutboxRow.channel).startswith("sms:"))
                .order_by(col(OutboxRow.id).desc())
                .limit(20)
            )
            rows = (await session.exec(query)).all()
        if request.query.get("format") == "json":
            return web.json_response(
                [
                    {
                        "to": row.address.partition(":")[2],
                        "text": row.payload.get("text", ""),
                        "at": row.created_at.isoformat(),
                    }
                    for row in rows
                ]
            )
        lines = "".join(
            f"<tr><td>{row.created_at:%H:%M:%S}</td><td>{escape(row.address.partition(':')[2])}</td>"
            f"<td>{escape(str(row.payload.get('text', '')))}</td></tr>"
            for row in rows
        )
        return web.Response(text=PAGE % lines, content_type="text/html", headers={"Cache-Control": "no-store"})

    return [web.get("/demo/sms", messages)]

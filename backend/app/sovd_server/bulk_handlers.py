"""Bulk data (ISO 17978-3, 7.20): files in, out and away. What a file holds is no concern of the server."""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from urllib.parse import unquote

from app.domain.json_values import JsonObject
from app.protocols.sovd import documents
from app.protocols.sovd.sovd_errors import SovdRefusal, bad_request, precondition_not_fulfilled, resource_unknown
from app.sovd_server.backend import BulkData
from app.sovd_server.backend_values import BulkElsewhere, BulkItem, BulkNotReady, NewBulkItem
from app.sovd_server.call import Answer, Call, filled, listed, too_large
from app.sovd_server.moment_texts import moment_of, utc_text

_PARAMETER = re.compile(r';\s*(name|filename|filename\*|file-name)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', re.IGNORECASE)


def _bulk(call: Call) -> BulkData:
    bulk = call.vehicle.backend.bulk_data
    if bulk is None:
        raise resource_unknown("bulk-data")
    return bulk


async def list_categories(call: Call) -> Answer:
    """GET bulk-data: the categories, as plain names."""
    names = await _bulk(call).bulk_categories(call.entity.key, call.asking)
    return call.with_schema({"items": list(names)}, lambda: documents.list_of(documents.STRING))


async def list_items(call: Call) -> Answer:
    """GET of a category, filtered by time of creation and tags."""
    after, before = _moment(call, "created-after"), _moment(call, "created-before")
    category = call.params["category"]
    items = [
        _item(call, category, item)
        for item in await _bulk(call).bulk_items(call.entity.key, category, call.asking)
        if call.wants_tags(item.tags)
        and (after is None or (item.creation_date is not None and item.creation_date > after))
        and (before is None or (item.creation_date is not None and item.creation_date < before))
    ]
    return call.with_schema({"items": items}, lambda: documents.list_of(documents.BULK_ITEM))


def _moment(call: Call, name: str) -> datetime | None:
    text = call.query.get(name)
    return None if text is None else moment_of(text, name)


def _item(call: Call, category: str, item: BulkItem) -> JsonObject:
    return filled(
        id=item.item_id,
        mimetype=item.mimetype,
        name=item.name,
        size=item.size,
        creation_date=utc_text(item.creation_date) if item.creation_date else None,
        last_modified=utc_text(item.last_modified) if item.last_modified else None,
        hash=item.hash_value,
        hash_algorithm=item.hash_algorithm,
        tags=listed(item.tags),
        href=call.link("bulk-data", category, item.item_id),
    )


async def upload(call: Call) -> Answer:
    """POST into a category. The bytes are kept as they come, under the type that the client names."""
    headers, most = call.request.headers, call.vehicle.settings.largest_upload
    mimetype = headers.get("content-type")
    if not mimetype:
        raise bad_request("The upload needs the header Content-Type.")
    names = disposition_parameters(headers.get("content-disposition", ""))
    name = names.get("name") or names.get("filename")
    if not name:
        raise bad_request("The upload needs the header Content-Disposition with a `name`.")
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > most:
        raise too_large(most)
    item = NewBulkItem(
        mimetype=mimetype, name=name, filename=names.get("filename"), chunks=_bounded(call.request.stream(), most)
    )
    category = call.params["category"]
    item_id = await _bulk(call).add_bulk(call.entity.key, category, item, call.asking)
    return Answer(status=201, body={"id": item_id}, headers={"Location": call.location("bulk-data", category, item_id)})


async def _bounded(chunks: AsyncIterator[bytes], most: int) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise too_large(most)
        yield chunk


def disposition_parameters(header: str) -> dict[str, str]:
    """`name` and `filename` of a Content-Disposition header; `filename*` (RFC 5987) goes before `filename`."""
    found: dict[str, str] = {}
    for key, raw in _PARAMETER.findall(";" + header.partition(";")[2]):
        value = raw.strip()
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        if key.endswith("*"):
            value = unquote(value.rpartition("'")[2])
        plain = key.lower().rstrip("*").replace("-", "")
        if key.endswith("*") or plain not in found:
            found[plain] = value
    return found


async def download(call: Call) -> Answer:
    """GET of a file: its bytes, or 202 while they are made, or 307 to where they are."""
    found = await _bulk(call).read_bulk(
        call.entity.key, call.params["category"], call.params["bulk-data-id"], call.asking
    )
    if isinstance(found, BulkNotReady):
        return Answer(status=202, headers={"Retry-After": str(found.retry_after_s)})
    if isinstance(found, BulkElsewhere):
        return Answer(status=307, headers={"Location": found.location})
    headers = {"X-Content-Type-Options": "nosniff"}
    if found.size is not None:
        headers["Content-Length"] = str(found.size)
    return Answer(content=found.chunks, media_type=found.mimetype, headers=headers)


async def delete_item(call: Call) -> Answer:
    """DELETE of a file."""
    await _bulk(call).delete_bulk(call.entity.key, call.params["category"], call.params["bulk-data-id"], call.asking)
    return Answer(status=204)


async def delete_items(call: Call) -> Answer:
    """DELETE of a category: what could be deleted and what not; 409 when nothing could."""
    category, bulk = call.params["category"], _bulk(call)
    deleted: list[str] = []
    errors: list[JsonObject] = []
    for item in await bulk.bulk_items(call.entity.key, category, call.asking):
        try:
            await bulk.delete_bulk(call.entity.key, category, item.item_id, call.asking)
        except SovdRefusal as refusal:
            errors.append({"id": item.item_id, "error": refusal.generic.as_json()})
        else:
            deleted.append(item.item_id)
    if errors and not deleted:
        raise precondition_not_fulfilled("Nothing could be deleted.", errors=errors)
    return Answer(body={"deleted_ids": sorted(deleted), "errors": errors})

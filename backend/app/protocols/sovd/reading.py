"""SOVD answers read by a client: versions, entities and their capabilities, links of created resources.

Tolerant on purpose: what servers in the wild write differently is read all the same, what cannot be read is left out.
No function here raises on strange JSON.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from app.domain.json_values import JsonObject, JsonValue

_ADDRESS_MEMBERS = frozenset({"logicaladdress", "ecuaddress", "diagnosticaddress"})
_SHORT_HEX = re.compile(r"(?:0[xX])?([0-9A-Fa-f]{1,4})")
_HEX_TOKEN = re.compile(r"(?:^|[^0-9A-Za-z])(?:0[xX]|[Dd][Ii][Dd]|[Rr][Ii][Dd])?([0-9A-Fa-f]{4})(?=$|[^0-9A-Za-z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionEntry:
    """One version that a server offers. `version` empty: not told."""

    version: str
    base_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityReference:
    """An entry of an entity collection."""

    entity_id: str
    name: str
    href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What an entity says of itself. `links`: every member that is a link, by its name in lower case."""

    name: str | None
    variant: str | None
    ecu_address: int | None
    links: Mapping[str, str]


def as_object(value: object) -> JsonObject:
    """An object; anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def as_text(value: object) -> str | None:
    """A text with something in it; numbers as they are written; anything else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return str(value)
    return value if isinstance(value, str) and value else None


def items_of(body: object, *other_names: str) -> list[Any]:
    """The list of an answer: its member `items`, one of the other names, or the answer itself where it is a list."""
    if isinstance(body, list):
        return body
    for name in ("items", *other_names):
        found = as_object(body).get(name)
        if isinstance(found, list):
            return found
        if isinstance(found, dict):  # one entry where a list belongs
            return [found]
    return []


def ids_of(body: object, *other_names: str) -> list[str]:
    """Ids of a list, written as texts or as objects with `id` (both occur for executions, categories, updates)."""
    found = (entry.get("id") if isinstance(entry, dict) else entry for entry in items_of(body, *other_names))
    return [text for text in map(as_text, found) if text]


def read_versions(body: object) -> list[VersionEntry]:
    """The entries of version-info in all three spellings, newest first."""
    entries = []
    for item in map(as_object, items_of(body, "sovd_info", "versions")):
        base = as_text(item.get("base_uri")) or as_text(item.get("base_path"))
        version = as_text(item.get("x-sovd-version")) or as_text(item.get("version"))
        version = version or as_text(item.get("version_identifier"))
        if base:
            entries.append(VersionEntry(version=version or "", base_uri=base))
    return sorted(entries, key=lambda entry: _version_key(entry.version), reverse=True)


def read_references(body: object) -> list[EntityReference]:
    """The entries of an entity collection, each id once; one without id takes the last part of its link."""
    found: dict[str, EntityReference] = {}
    for item in items_of(body):
        entry = as_object(item)
        href = as_text(entry.get("href"))
        entity_id = as_text(entry.get("id")) or as_text(item) or last_segment(href)
        if entity_id and entity_id not in found:
            name = as_text(entry.get("name")) or entity_id
            found[entity_id] = EntityReference(entity_id=entity_id, name=name, href=href)
    return list(found.values())


def read_capabilities(body: object) -> Capabilities:
    """Links, variant and diagnostic address of an entity."""
    document = as_object(body)
    links = {name.lower(): link for name, value in document.items() if (link := _link(name, value))}
    return Capabilities(
        name=as_text(document.get("name")),
        variant=_variant_name(document.get("variant")),
        ecu_address=_ecu_address(document),
        links=links,
    )


def created_id(body: object) -> str | None:
    """The id of something just created: `id`, an alias, or the `id` of the only entry of `items`."""
    document = as_object(body)
    for name in ("id", "subscription_id", "lock_id", "execution_id"):
        if found := as_text(document.get(name)):
            return found
    listed = ids_of(document)
    return listed[0] if len(listed) == 1 else None


def last_segment(link: str | None) -> str | None:
    """The last part of a link's path, decoded."""
    if not link:
        return None
    try:
        path = urlsplit(link).path
    except ValueError:
        return None
    return unquote(path.rstrip("/").rpartition("/")[2]) or None


def hex_number(value: object) -> int | None:
    """A 16-bit number as addresses and identifiers are written: 4112, "0x1010", "1010" (hexadecimal); else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value <= 0xFFFF else None
    found = _SHORT_HEX.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(found[1], 16) if found else None


def identifier_in(text: str) -> int | None:
    """The 16-bit identifier inside an id such as `F190`, `0xF190`, `DID_F190`, `vin-F190`; None: there is none.

    Four letters without a digit are a word: `deed`.
    """
    tokens = (token for token in _HEX_TOKEN.findall(text) if any(sign.isdigit() for sign in token))
    found = {int(token, 16) for token in tokens}
    return found.pop() if len(found) == 1 else None


def matches_identifier(wanted: str, candidates: Iterable[object]) -> bool:
    """Whether an identifier or name a caller wrote means one of these ids or names; case does not matter."""
    texts = [text for text in candidates if isinstance(text, str)]
    if any(text.casefold() == wanted.casefold() for text in texts):
        return True
    number = hex_number(wanted) if wanted[:2].lower() == "0x" else None
    return number is not None and any(hex_number_of_id(text) == number for text in texts)


def hex_number_of_id(text: str) -> int | None:
    """Like `identifier_in`; a bare id counts only with four digits (or 0x), so that `1` or `ABS` stay names."""
    if re.fullmatch(r"0[xX][0-9A-Fa-f]{1,4}", text):
        return int(text, 16)
    return identifier_in(text)


def extension_members(document: Mapping[str, JsonValue]) -> list[str]:
    """Texts in vendor members (`x-…`), where servers put the identifiers of the ECU."""
    return [value for name, value in document.items() if name.lower().startswith("x-") and isinstance(value, str)]


def _link(name: str, value: object) -> str | None:
    """A link: a text, a list with one (Wild), or an object with `href` (Wild)."""
    if name.lower() in {"id", "name", "translation_id", "variant", "schema", "$schema"}:
        return None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("href")
    return value if isinstance(value, str) and value and " " not in value else None


def _variant_name(variant: object) -> str | None:
    if isinstance(variant, dict):
        named = as_text(variant.get("name")) or as_text(variant.get("id"))
        return named or ", ".join(f"{key}: {_plain(value)}" for key, value in variant.items()) or None
    return as_text(variant)


def _plain(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _ecu_address(document: JsonObject) -> int | None:
    """From `variant.logical_address` (Classic Diagnostic Adapter) or a vendor member that ends so."""
    for holder in (as_object(document.get("variant")), document):
        for name, value in holder.items():
            plain = name.lower().replace("-", "").replace("_", "")
            is_vendor = plain.startswith("x") and any(plain.endswith(known) for known in _ADDRESS_MEMBERS)
            if plain in _ADDRESS_MEMBERS or is_vendor:
                single = value[0] if isinstance(value, list) and len(value) == 1 else value
                if (address := hex_number(single)) is not None:
                    return address
    return None


def _version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d{1,6}", version)[:4])

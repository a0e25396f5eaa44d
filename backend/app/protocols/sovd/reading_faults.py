"""Faults read by a client: SOVD faults of classic ECUs and of computers, as trouble codes in one shape (design 4.4)."""

from dataclasses import dataclass

from app.domain.json_values import JsonObject, JsonValue
from app.protocols.sovd.fault_status import STATUS_KEYS, dtc_from_code, plain_key, plain_value
from app.protocols.sovd.reading import as_object, as_text, items_of
from app.protocols.uds.dtc import names_of_status, parse_dtc, spell_dtc, word_of_status

_BIT_OF_KEY = {plain_key(key): 1 << bit for bit, key in enumerate(STATUS_KEYS)}
_MASK_OF_WORD = {"active": 0x09, "confirmed": 0x08, "passive": 0x08, "stored": 0x08, "pending": 0x04, "prefailed": 0x04}
_GONE_WORDS = frozenset({"inactive", "cleared", "healed", "notactive", "prepassed", "aged"})
_WORD_FOR_PEOPLE = {"active": "confirmed", "passive": "stored", "prefailed": "pending"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. `code` is the server's own, for requests; `dtc` the three bytes where the code stands for them.

    `status_byte` None: the server tells no status bits, only `word`.
    """

    code: str
    spelled: str
    name: str | None
    dtc: int | None
    status_byte: int | None
    word: str | None

    def matches(self, status_mask: int) -> bool:
        """Whether ISO 14229-1 reportDTCByStatusMask would list it. A fault of unknown status is listed."""
        if self.status_byte is not None:
            return bool(self.status_byte & status_mask)
        if self.word in _GONE_WORDS:
            return False
        known = _MASK_OF_WORD.get(self.word or "")
        return known is None or bool(known & status_mask)

    def is_called(self, dtc_code: str) -> bool:
        """Whether a caller means this fault: its own code, or the trouble code with its failure type."""
        return dtc_code.casefold() in {self.code.casefold(), self.spelled.casefold()}

    def shares_base(self, dtc_code: str) -> bool:
        """Whether it is the trouble code without its failure type: `P0420` for `P0420-11`."""
        return "-" not in dtc_code and self.spelled.partition("-")[0].casefold() == dtc_code.casefold()


def read_faults(body: object) -> list[Fault]:
    """The faults of a list; entries without a code are left out."""
    return [fault for item in items_of(body) if (fault := read_fault(item))]


def read_fault(item: object) -> Fault | None:
    """One fault, also as the single read gives it (`item`, a list of one, or bare); None: it has no code."""
    document = as_object(item)
    inner = document.get("item", document.get("items"))
    if isinstance(inner, list) and inner:
        inner = inner[0]
    if isinstance(inner, dict) and "code" not in document:
        document = inner
    code = as_text(document.get("code")) or as_text(document.get("fault_code"))
    if code is None:
        return None
    dtc = dtc_from_code(code) if dtc_from_code(code) is not None else _dtc_of_display(document)
    status_byte, word = read_status(document.get("status"))
    return Fault(
        code=code,
        spelled=_spelled(document, code, dtc),
        name=as_text(document.get("fault_name")) or as_text(document.get("name")),
        dtc=dtc,
        status_byte=status_byte,
        word=word,
    )


def read_status(status: object) -> tuple[int | None, str | None]:
    """Status byte and aggregated word, from bits in any spelling, from `mask`, or from a single word."""
    if isinstance(status, str):
        return None, status.replace("-", "").replace("_", "").lower()
    document = as_object(status)
    word = as_text(document.get("aggregatedStatus", document.get("aggregated_status")))
    bits = [(_BIT_OF_KEY.get(plain_key(name)), plain_value(value)) for name, value in document.items()]
    known = [bit for bit, value in bits if bit is not None and value in {"0", "1"}]
    mask = as_text(document.get("mask"))
    byte = None
    if known:
        byte = sum(bit for bit, value in bits if bit is not None and value == "1")
    elif mask is not None:
        byte = _hex_byte(mask)
    return byte, word.lower() if word else None


def describe_status(fault: Fault) -> JsonObject:
    """`status`, and `statusByte` and `statusBits` where the server tells bits."""
    if fault.status_byte is None:
        word = fault.word or "stored"
        return {"status": "notActive" if word in _GONE_WORDS else _WORD_FOR_PEOPLE.get(word, word)}
    byte = fault.status_byte
    return {"status": word_of_status(byte), "statusByte": f"0x{byte:02X}", "statusBits": names_of_status(byte)}


def read_environment(body: object) -> tuple[list[JsonValue], list[JsonValue]]:
    """Snapshots and extended data of one fault, from `environment_data` in the forms that servers give it.

    Where it does not tell the two apart, all of it counts as a snapshot.
    """
    environment = as_object(body).get("environment_data")
    if environment is None or environment in ({}, []):
        return [], []
    document = as_object(environment)
    found: dict[str, list[JsonValue]] = {"snapshots": [], "extended": []}
    for name, value in document.items():
        plain = name.lower().replace("_", "").replace("-", "")
        if plain.startswith(("snapshot", "freezeframe")):
            found["snapshots"] += _records(value)
        elif plain.startswith("extendeddata"):
            found["extended"] += _records(value)
    if not found["snapshots"] and not found["extended"]:
        if any(name.lower().startswith(("snapshot", "extended")) for name in document):
            return [], []
        return _records(environment), []
    return found["snapshots"], found["extended"]


def _records(value: object) -> list[JsonValue]:
    """The records in `{data, errors}`, in a list, or the value itself."""
    document = as_object(value)
    inner = document["data"] if "data" in document and set(document) <= {"data", "errors", "schema"} else value
    if isinstance(inner, list):
        return list(inner)
    return [inner] if isinstance(inner, dict | str | int | float) and inner not in ({}, "") else []


def _dtc_of_display(document: JsonObject) -> int | None:
    display = as_text(document.get("display_code"))
    return _parsed(display) if display else None


def _parsed(text: str) -> int | None:
    try:
        return parse_dtc(text)
    except ValueError:
        return None


def _spelled(document: JsonObject, code: str, dtc: int | None) -> str:
    """As SAE J2012 spells it where it is a trouble code; the display code or the code of other faults."""
    if dtc is not None:
        return spell_dtc(dtc)
    return as_text(document.get("display_code")) or code


def _hex_byte(text: str) -> int | None:
    try:
        value = int(text, 16)
    except ValueError:
        return None
    return value if 0 <= value <= 0xFF else None

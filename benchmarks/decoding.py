"""Cost of decoding one answer with ODX: in the program, in a loading process, and with odxtools alone beside it."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from app.diagnostic_data.data_source import DiagnosticDataLibrary
from app.diagnostic_data.port import DataSetRef
from benchmarks.figures import Figure, ratio, spread
from benchmarks.running import run_alone

TITLE = "Decoding: one answer of four values, from ODX with some thousand identifiers"
ECU, FIXED, REPEATED = 0x1010, 0x1000, 0x0FFF
RECORD = bytes.fromhex("03E803E803E803E8")
_TURNS = 5

_SPEED = (
    '<DATA-OBJECT-PROP ID="dop"><SHORT-NAME>speed</SHORT-NAME><COMPU-METHOD><CATEGORY>LINEAR</CATEGORY>'
    "<COMPU-INTERNAL-TO-PHYS><COMPU-SCALES><COMPU-SCALE><COMPU-RATIONAL-COEFFS><COMPU-NUMERATOR><V>0</V><V>0.01</V>"
    "</COMPU-NUMERATOR><COMPU-DENOMINATOR><V>1</V></COMPU-DENOMINATOR></COMPU-RATIONAL-COEFFS></COMPU-SCALE>"
    '</COMPU-SCALES></COMPU-INTERNAL-TO-PHYS></COMPU-METHOD><DIAG-CODED-TYPE BASE-DATA-TYPE="A_UINT32" '
    'xsi:type="STANDARD-LENGTH-TYPE"><BIT-LENGTH>16</BIT-LENGTH></DIAG-CODED-TYPE>'
    '<PHYSICAL-TYPE BASE-DATA-TYPE="A_FLOAT64"/></DATA-OBJECT-PROP>'
)
_FIELD = (
    '<STRUCTURES><STRUCTURE ID="struct"><SHORT-NAME>item</SHORT-NAME><PARAMS><PARAM xsi:type="VALUE"><SHORT-NAME>v'
    '</SHORT-NAME><DOP-REF ID-REF="dop"/></PARAM></PARAMS></STRUCTURE></STRUCTURES><END-OF-PDU-FIELDS>'
    '<END-OF-PDU-FIELD ID="field"><SHORT-NAME>items</SHORT-NAME><BASIC-STRUCTURE-REF ID-REF="struct"/>'
    "</END-OF-PDU-FIELD></END-OF-PDU-FIELDS>"
)


def _const(name: str, byte: int, bits: int, value: int) -> str:
    return (
        f'<PARAM xsi:type="CODED-CONST"><SHORT-NAME>{name}</SHORT-NAME><BYTE-POSITION>{byte}</BYTE-POSITION>'
        f'<CODED-VALUE>{value}</CODED-VALUE><DIAG-CODED-TYPE BASE-DATA-TYPE="A_UINT32" xsi:type="STANDARD-LENGTH-TYPE">'
        f"<BIT-LENGTH>{bits}</BIT-LENGTH></DIAG-CODED-TYPE></PARAM>"
    )


def _value(name: str, byte: int, dop: str) -> str:
    place = f"<BYTE-POSITION>{byte}</BYTE-POSITION>"
    return f'<PARAM xsi:type="VALUE"><SHORT-NAME>{name}</SHORT-NAME>{place}<DOP-REF ID-REF="{dop}"/></PARAM>'


def document(identifiers: int) -> str:
    """An ODX document: one ECU, one identifier that repeats a field, and many with four values each."""
    values = "".join(_value(f"v{at}", 3 + 2 * at, "dop") for at in range(4))
    records = {REPEATED: _value("items", 3, "field")} | dict.fromkeys(range(FIXED, FIXED + identifiers), values)
    services: list[str] = []
    requests: list[str] = []
    responses: list[str] = []
    for did, body in records.items():
        name = f"Read{did:04X}"
        services.append(
            f'<DIAG-SERVICE ID="s{did}"><SHORT-NAME>{name}</SHORT-NAME><REQUEST-REF ID-REF="q{did}"/>'
            f'<POS-RESPONSE-REFS><POS-RESPONSE-REF ID-REF="r{did}"/></POS-RESPONSE-REFS></DIAG-SERVICE>'
        )
        for kind, start, sid, into, more in (
            ("REQUEST", "q", 0x22, requests, ""),
            ("POS-RESPONSE", "r", 0x62, responses, body),
        ):
            params = _const("sid", 0, 8, sid) + _const("did", 1, 16, did) + more
            into.append(
                f'<{kind} ID="{start}{did}"><SHORT-NAME>{start}{did}</SHORT-NAME><PARAMS>{params}</PARAMS></{kind}>'
            )
    return (
        '<ODX MODEL-VERSION="2.2.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><DIAG-LAYER-CONTAINER ID="c">'
        '<SHORT-NAME>bench</SHORT-NAME><BASE-VARIANTS><BASE-VARIANT ID="b"><SHORT-NAME>engine</SHORT-NAME>'
        f"<DIAG-DATA-DICTIONARY-SPEC><DATA-OBJECT-PROPS>{_SPEED}</DATA-OBJECT-PROPS>{_FIELD}"
        f"</DIAG-DATA-DICTIONARY-SPEC><DIAG-COMMS>{''.join(services)}</DIAG-COMMS><REQUESTS>{''.join(requests)}"
        f"</REQUESTS><POS-RESPONSES>{''.join(responses)}</POS-RESPONSES></BASE-VARIANT></BASE-VARIANTS>"
        "</DIAG-LAYER-CONTAINER></ODX>"
    )


async def measure(quick: bool) -> Sequence[Figure]:
    """Answers per second each way, turn by turn, and what opening the data costs."""
    identifiers, repetitions = (100, 100) if quick else (3_000, 2_000)
    content = document(identifiers).encode()
    theirs = _odxtools(content)

    async def content_of(_: str) -> bytes:
        return content

    with TemporaryDirectory() as home:
        ref = DataSetRef(data_set_id="-", name="bench", version="1", checksum=hashlib.sha256(content).hexdigest())
        compiled = await _timed(_opened(Path(home), content_of, ref))
        reopened = await _timed(_opened(Path(home), content_of, ref))
        library = DiagnosticDataLibrary(Path(home), content_of)
        data = library.for_data_sets([ref])
        for data_id in (FIXED, REPEATED):
            assert (await data.decode_identifier(ECU, data_id, RECORD)).problem is None
        ours, elsewhere, floor = [], [], []
        for _ in range(_TURNS):
            ours.append(await _rate(repetitions, lambda: data.decode_identifier(ECU, FIXED, RECORD)))
            elsewhere.append(await _rate(repetitions // 4, lambda: data.decode_identifier(ECU, REPEATED, RECORD)))
            floor.append(await _rate(repetitions, theirs))
        await library.close()
    return [
        _cost("in the program", ours),
        _cost("in a loading process (no fixed places)", elsewhere),
        _cost("odxtools alone, in this process", floor),
        ratio("in the program / odxtools alone", ours, floor, target=1),
        Figure(name=f"load and compile {identifiers:,} identifiers", value=f"{compiled:.2f} s"),
        Figure(name="open what is compiled, first answer", value=f"{reopened * 1000:.0f} ms"),
    ]


def _odxtools(content: bytes) -> Callable[[], Awaitable[object]]:
    from odxtools.database import Database  # noqa: PLC0415 - the other benchmarks do without

    database = Database(use_weakrefs=False)
    database.add_odx_xml_tree(ElementTree.fromstring(content))  # noqa: S314 - made above
    database.refresh()
    response = database.base_variants[0].services[f"Read{FIXED:04X}"].positive_responses[0]
    answer = b"\x62" + FIXED.to_bytes(2, "big") + RECORD

    async def decode() -> object:
        return response.decode(answer)

    return decode


async def _opened(home: Path, content_of: Callable[[str], Awaitable[bytes]], ref: DataSetRef) -> None:
    library = DiagnosticDataLibrary(home, content_of)
    await library.for_data_sets([ref]).decode_identifier(ECU, FIXED, RECORD)
    await library.close()


async def _timed(work: Awaitable[None]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def _rate(repetitions: int, once: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    for _ in range(repetitions):
        await once()
    await asyncio.sleep(0)
    return repetitions / (time.perf_counter() - began)


def _cost(name: str, rates: Sequence[float]) -> Figure:
    costs = [1e6 / rate for rate in rates]
    return Figure(name=name, value=f"{sorted(costs)[len(costs) // 2]:,.0f} µs", runs=spread(costs, "{:,.0f}"))


if __name__ == "__main__":
    run_alone(TITLE, measure)

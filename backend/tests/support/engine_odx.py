"""Diagnostic data of the simulated engine for the tests of the adapter: identifiers in YAML, routines in ODX."""

ENGINE_IDENTIFIERS = b"""
name: Engine bench
version: 1
ecus:
  - address: 0x1010
    name: engine
    identifiers:
      - {id: 0x0110, name: IdleSpeedTarget, type: uint, length: 2, unit: rpm, minimum: 600, maximum: 1200,
         writable: true}
      - {id: 0x0130, name: WorkshopNote, type: text, length: 20, writable: true}
      - {id: 0x0120, name: InjectorCoding, type: hex, length: 8, writable: true}
      - id: 0xF442
        name: Voltages
        fields:
          - {name: whole, bits: 8, type: uint, unit: x}
          - {name: rest, bits: 8, type: uint}
"""

_HEX = (
    '<DIAG-CODED-TYPE BASE-DATA-TYPE="A_UINT32" xsi:type="STANDARD-LENGTH-TYPE">'
    "<BIT-LENGTH>{bits}</BIT-LENGTH></DIAG-CODED-TYPE>"
)
_ACTIONS = {
    "SelfTest_Start": (0x01, 0x0203, ("state",)),
    "SelfTest_Stop": (0x02, 0x0203, ("state",)),
    "SelfTest_Results": (0x03, 0x0203, ("state", "testsRun", "testsFailed")),
    "ResetAdaptations_Start": (0x01, 0x0205, ("state",)),
}
"""Sub-function, routine and the values of the answer, by service."""


def _const(name: str, byte: int, bits: int, value: int) -> str:
    return (
        f'<PARAM xsi:type="CODED-CONST"><SHORT-NAME>{name}</SHORT-NAME><BYTE-POSITION>{byte}</BYTE-POSITION>'
        f"<CODED-VALUE>{value}</CODED-VALUE>{_HEX.format(bits=bits)}</PARAM>"
    )


def _head(service: int, action: int, routine: int) -> str:
    return _const("sid", 0, 8, service) + _const("action", 1, 8, action) + _const("rid", 2, 16, routine)


def _values(names: tuple[str, ...]) -> str:
    return "".join(
        f'<PARAM xsi:type="VALUE"><SHORT-NAME>{name}</SHORT-NAME><BYTE-POSITION>{4 + place}</BYTE-POSITION>'
        '<DOP-REF ID-REF="dop.byte"/></PARAM>'
        for place, name in enumerate(names)
    )


def engine_odx() -> bytes:
    """Two routines of the engine: one that can be stopped and has results, one that ends with its answer."""
    services = requests = answers = ""
    for name, (action, routine, values) in _ACTIONS.items():
        services += (
            f'<DIAG-SERVICE ID="svc.{name}"><SHORT-NAME>{name}</SHORT-NAME><REQUEST-REF ID-REF="rq.{name}"/>'
            f'<POS-RESPONSE-REFS><POS-RESPONSE-REF ID-REF="pr.{name}"/></POS-RESPONSE-REFS></DIAG-SERVICE>'
        )
        requests += (
            f'<REQUEST ID="rq.{name}"><SHORT-NAME>rq_{name}</SHORT-NAME>'
            f"<PARAMS>{_head(0x31, action, routine)}</PARAMS></REQUEST>"
        )
        answers += (
            f'<POS-RESPONSE ID="pr.{name}"><SHORT-NAME>pr_{name}</SHORT-NAME>'
            f"<PARAMS>{_head(0x71, action, routine)}{_values(values)}</PARAMS></POS-RESPONSE>"
        )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<ODX MODEL-VERSION="2.2.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<DIAG-LAYER-CONTAINER ID="dlc"><SHORT-NAME>engine_routines</SHORT-NAME>
<BASE-VARIANTS><BASE-VARIANT ID="bv"><SHORT-NAME>engine</SHORT-NAME>
<DIAG-DATA-DICTIONARY-SPEC><DATA-OBJECT-PROPS>
<DATA-OBJECT-PROP ID="dop.byte"><SHORT-NAME>byte</SHORT-NAME>
<COMPU-METHOD><CATEGORY>IDENTICAL</CATEGORY></COMPU-METHOD>{_HEX.format(bits=8)}
<PHYSICAL-TYPE BASE-DATA-TYPE="A_UINT32"/></DATA-OBJECT-PROP>
</DATA-OBJECT-PROPS></DIAG-DATA-DICTIONARY-SPEC>
<DIAG-COMMS>{services}</DIAG-COMMS><REQUESTS>{requests}</REQUESTS><POS-RESPONSES>{answers}</POS-RESPONSES>
</BASE-VARIANT></BASE-VARIANTS></DIAG-LAYER-CONTAINER></ODX>""".encode()

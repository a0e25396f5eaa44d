"""A small ODX data set of our own, written here so that tests need no file of anybody else's.

An ECU "brakes" with a base variant and two ECU variants that its software version tells apart.
"""

import io
import zipfile

_DOPS = """
<DATA-OBJECT-PROP ID="dop.text"><SHORT-NAME>text</SHORT-NAME>
  <COMPU-METHOD><CATEGORY>IDENTICAL</CATEGORY></COMPU-METHOD>
  <DIAG-CODED-TYPE BASE-DATA-TYPE="A_ASCIISTRING" TERMINATION="END-OF-PDU" xsi:type="MIN-MAX-LENGTH-TYPE">
    <MAX-LENGTH>20</MAX-LENGTH><MIN-LENGTH>1</MIN-LENGTH></DIAG-CODED-TYPE>
  <PHYSICAL-TYPE BASE-DATA-TYPE="A_UNICODE2STRING"/></DATA-OBJECT-PROP>
<DATA-OBJECT-PROP ID="dop.speed"><SHORT-NAME>speed</SHORT-NAME>
  <COMPU-METHOD><CATEGORY>LINEAR</CATEGORY><COMPU-INTERNAL-TO-PHYS><COMPU-SCALES><COMPU-SCALE>
    <COMPU-RATIONAL-COEFFS><COMPU-NUMERATOR><V>0</V><V>0.01</V></COMPU-NUMERATOR>
    <COMPU-DENOMINATOR><V>1</V></COMPU-DENOMINATOR></COMPU-RATIONAL-COEFFS>
  </COMPU-SCALE></COMPU-SCALES></COMPU-INTERNAL-TO-PHYS></COMPU-METHOD>
  <DIAG-CODED-TYPE BASE-DATA-TYPE="A_UINT32" xsi:type="STANDARD-LENGTH-TYPE"><BIT-LENGTH>16</BIT-LENGTH>
      </DIAG-CODED-TYPE>
  <PHYSICAL-TYPE BASE-DATA-TYPE="A_FLOAT64"/>
  <INTERNAL-CONSTR><LOWER-LIMIT>0</LOWER-LIMIT><UPPER-LIMIT>30000</UPPER-LIMIT></INTERNAL-CONSTR>
  <UNIT-REF ID-REF="unit.kmh"/></DATA-OBJECT-PROP>
<DATA-OBJECT-PROP ID="dop.mode"><SHORT-NAME>mode</SHORT-NAME>
  <COMPU-METHOD><CATEGORY>TEXTTABLE</CATEGORY><COMPU-INTERNAL-TO-PHYS><COMPU-SCALES>
    <COMPU-SCALE><LOWER-LIMIT>0</LOWER-LIMIT><UPPER-LIMIT>0</UPPER-LIMIT><COMPU-CONST><VT>off</VT></COMPU-CONST>
      </COMPU-SCALE>
    <COMPU-SCALE><LOWER-LIMIT>1</LOWER-LIMIT><UPPER-LIMIT>3</UPPER-LIMIT><COMPU-CONST><VT>Comfort</VT>
      </COMPU-CONST></COMPU-SCALE>
    <COMPU-SCALE><LOWER-LIMIT>7</LOWER-LIMIT><UPPER-LIMIT>7</UPPER-LIMIT><COMPU-CONST><VT>Sport</VT></COMPU-CONST>
      </COMPU-SCALE>
  </COMPU-SCALES></COMPU-INTERNAL-TO-PHYS></COMPU-METHOD>
  <DIAG-CODED-TYPE BASE-DATA-TYPE="A_UINT32" xsi:type="STANDARD-LENGTH-TYPE"><BIT-LENGTH>4</BIT-LENGTH>
      </DIAG-CODED-TYPE>
  <PHYSICAL-TYPE BASE-DATA-TYPE="A_UNICODE2STRING"/></DATA-OBJECT-PROP>
<DATA-OBJECT-PROP ID="dop.signed"><SHORT-NAME>signed</SHORT-NAME>
  <COMPU-METHOD><CATEGORY>IDENTICAL</CATEGORY></COMPU-METHOD>
  <DIAG-CODED-TYPE BASE-DATA-TYPE="A_INT32" IS-HIGHLOW-BYTE-ORDER="false" xsi:type="STANDARD-LENGTH-TYPE">
    <BIT-LENGTH>16</BIT-LENGTH></DIAG-CODED-TYPE>
  <PHYSICAL-TYPE BASE-DATA-TYPE="A_INT32"/></DATA-OBJECT-PROP>
<DATA-OBJECT-PROP ID="dop.byte"><SHORT-NAME>byte</SHORT-NAME>
  <COMPU-METHOD><CATEGORY>IDENTICAL</CATEGORY></COMPU-METHOD>
  <DIAG-CODED-TYPE BASE-DATA-TYPE="A_UINT32" xsi:type="STANDARD-LENGTH-TYPE"><BIT-LENGTH>8</BIT-LENGTH>
      </DIAG-CODED-TYPE>
  <PHYSICAL-TYPE BASE-DATA-TYPE="A_UINT32"/></DATA-OBJECT-PROP>
"""

_DTC_DOP = """
<DTC-DOP ID="dop.dtc"><SHORT-NAME>dtc</SHORT-NAME>
  <DIAG-CODED-TYPE BASE-DATA-TYPE="A_UINT32" xsi:type="STANDARD-LENGTH-TYPE"><BIT-LENGTH>24</BIT-LENGTH>
      </DIAG-CODED-TYPE>
  <PHYSICAL-TYPE BASE-DATA-TYPE="A_UINT32"/>
  <COMPU-METHOD><CATEGORY>IDENTICAL</CATEGORY></COMPU-METHOD>
  <DTCS>
    <DTC ID="dtc.1"><SHORT-NAME>WheelSpeedFrontLeft</SHORT-NAME><TROUBLE-CODE>4198417</TROUBLE-CODE>
      <DISPLAY-TROUBLE-CODE>C0110-11</DISPLAY-TROUBLE-CODE>
      <TEXT>Wheel speed sensor front left: short to ground</TEXT></DTC>
    <DTC ID="dtc.2"><SHORT-NAME>PumpMotor</SHORT-NAME><TROUBLE-CODE>4202496</TROUBLE-CODE><TEXT>Pump motor</TEXT>
      </DTC>
  </DTCS></DTC-DOP>
"""

_STRUCTURES = """
<STRUCTURES>
  <STRUCTURE ID="struct.wheel"><SHORT-NAME>wheel</SHORT-NAME><PARAMS>
    <PARAM xsi:type="VALUE" SEMANTIC="DATA"><SHORT-NAME>speed</SHORT-NAME><BYTE-POSITION>0</BYTE-POSITION>
      <DOP-REF ID-REF="dop.speed"/></PARAM>
    <PARAM xsi:type="VALUE" SEMANTIC="DATA"><SHORT-NAME>temperature</SHORT-NAME><BYTE-POSITION>2</BYTE-POSITION>
      <DOP-REF ID-REF="dop.signed"/></PARAM>
  </PARAMS></STRUCTURE>
</STRUCTURES>
<END-OF-PDU-FIELDS>
  <END-OF-PDU-FIELD ID="eop.wheels"><SHORT-NAME>wheels</SHORT-NAME><BASIC-STRUCTURE-REF ID-REF="struct.wheel"/>
      </END-OF-PDU-FIELD>
</END-OF-PDU-FIELDS>
"""

_ENVIRONMENT = """
<ENV-DATA-DESCS><ENV-DATA-DESC ID="edd.1"><SHORT-NAME>environment</SHORT-NAME><PARAM-SNREF SHORT-NAME="dtc"/>
  <ENV-DATA-REFS><ENV-DATA-REF ID-REF="ed.all"/><ENV-DATA-REF ID-REF="ed.wheel"/></ENV-DATA-REFS></ENV-DATA-DESC>
      </ENV-DATA-DESCS>
"""
_ENVIRONMENT_DATA = """
<ENV-DATAS>
  <ENV-DATA ID="ed.all"><SHORT-NAME>always</SHORT-NAME><PARAMS>
    <PARAM xsi:type="VALUE"><SHORT-NAME>vehicle_speed</SHORT-NAME><BYTE-POSITION>0</BYTE-POSITION>
      <DOP-REF ID-REF="dop.speed"/></PARAM>
  </PARAMS><ALL-VALUE/></ENV-DATA>
  <ENV-DATA ID="ed.wheel"><SHORT-NAME>wheel</SHORT-NAME><PARAMS>
    <PARAM xsi:type="VALUE"><SHORT-NAME>brake_mode</SHORT-NAME><BYTE-POSITION>0</BYTE-POSITION>
      <DOP-REF ID-REF="dop.mode"/></PARAM>
  </PARAMS><DTC-VALUES><DTC-VALUE>4198417</DTC-VALUE></DTC-VALUES></ENV-DATA>
</ENV-DATAS>
"""


def _const(name: str, byte: int, bits: int, value: int) -> str:
    return (
        f'<PARAM xsi:type="CODED-CONST"><SHORT-NAME>{name}</SHORT-NAME><BYTE-POSITION>{byte}</BYTE-POSITION>'
        f"<CODED-VALUE>{value}</CODED-VALUE>"
        f'<DIAG-CODED-TYPE BASE-DATA-TYPE="A_UINT32" xsi:type="STANDARD-LENGTH-TYPE"><BIT-LENGTH>{bits}</BIT-LENGTH>'
        "</DIAG-CODED-TYPE></PARAM>"
    )


def _value(name: str, byte: int, dop: str, bit: int = 0) -> str:
    place = f"<BIT-POSITION>{bit}</BIT-POSITION>" if bit else ""
    return (
        f'<PARAM xsi:type="VALUE"><SHORT-NAME>{name}</SHORT-NAME><BYTE-POSITION>{byte}</BYTE-POSITION>{place}'
        f'<DOP-REF ID-REF="{dop}"/></PARAM>'
    )


SERVICES: dict[str, tuple[str, str]] = {
    "ReadSoftwareVersion": (
        _const("sid", 0, 8, 0x22) + _const("did", 1, 16, 0xF195),
        _const("sid", 0, 8, 0x62) + _const("did", 1, 16, 0xF195) + _value("version", 3, "dop.text"),
    ),
    "ReadWheelSpeed": (
        _const("sid", 0, 8, 0x22) + _const("did", 1, 16, 0x0100),
        _const("sid", 0, 8, 0x62) + _const("did", 1, 16, 0x0100) + _value("speed", 3, "dop.speed"),
    ),
    "ReadState": (
        _const("sid", 0, 8, 0x22) + _const("did", 1, 16, 0x0101),
        _const("sid", 0, 8, 0x62)
        + _const("did", 1, 16, 0x0101)
        + _value("mode", 3, "dop.mode", 4)
        + _value("trim", 4, "dop.signed")
        + _value("front", 6, "struct.wheel"),
    ),
    "ReadWheels": (
        _const("sid", 0, 8, 0x22) + _const("did", 1, 16, 0x0102),
        _const("sid", 0, 8, 0x62) + _const("did", 1, 16, 0x0102) + _value("wheels", 3, "eop.wheels"),
    ),
    "WriteSettings": (
        _const("sid", 0, 8, 0x2E)
        + _const("did", 1, 16, 0x0110)
        + _value("mode", 3, "dop.mode")
        + _value("limit", 4, "dop.speed"),
        _const("sid", 0, 8, 0x6E) + _const("did", 1, 16, 0x0110),
    ),
    "WriteWheels": (
        _const("sid", 0, 8, 0x2E) + _const("did", 1, 16, 0x0102) + _value("wheels", 3, "eop.wheels"),
        _const("sid", 0, 8, 0x6E) + _const("did", 1, 16, 0x0102),
    ),
    "StartBleeding": (
        _const("sid", 0, 8, 0x31)
        + _const("action", 1, 8, 1)
        + _const("rid", 2, 16, 0x0203)
        + _value("cycles", 4, "dop.byte"),
        _const("sid", 0, 8, 0x71)
        + _const("action", 1, 8, 1)
        + _const("rid", 2, 16, 0x0203)
        + _value("state", 4, "dop.mode"),
    ),
}
"""Parameters of request and positive response, per service."""


def _service(name: str) -> str:
    return (
        f'<DIAG-SERVICE ID="svc.{name}"><SHORT-NAME>{name}</SHORT-NAME><REQUEST-REF ID-REF="rq.{name}"/>'
        f'<POS-RESPONSE-REFS><POS-RESPONSE-REF ID-REF="pr.{name}"/></POS-RESPONSE-REFS></DIAG-SERVICE>'
    )


def _base_variant(extra_service: str, extra_request: str) -> str:
    requests = "".join(
        f'<REQUEST ID="rq.{name}"><SHORT-NAME>rq_{name}</SHORT-NAME><PARAMS>{request}</PARAMS></REQUEST>'
        for name, (request, _) in SERVICES.items()
    )
    responses = "".join(
        f'<POS-RESPONSE ID="pr.{name}"><SHORT-NAME>pr_{name}</SHORT-NAME><PARAMS>{response}</PARAMS></POS-RESPONSE>'
        for name, (_, response) in SERVICES.items()
    )
    return f"""
<BASE-VARIANT ID="bv"><SHORT-NAME>brakes</SHORT-NAME><LONG-NAME>Brake control</LONG-NAME>
  <DIAG-DATA-DICTIONARY-SPEC>
    <DTC-DOPS>{_DTC_DOP}</DTC-DOPS>{_ENVIRONMENT}
    <DATA-OBJECT-PROPS>{_DOPS}</DATA-OBJECT-PROPS>{_STRUCTURES}{_ENVIRONMENT_DATA}
    <UNIT-SPEC><UNITS><UNIT ID="unit.kmh"><SHORT-NAME>kmh</SHORT-NAME><DISPLAY-NAME>km/h</DISPLAY-NAME></UNIT>
      </UNITS></UNIT-SPEC>
  </DIAG-DATA-DICTIONARY-SPEC>
  <DIAG-COMMS>{"".join(map(_service, SERVICES))}{extra_service}</DIAG-COMMS>
  <REQUESTS>{requests}{extra_request}</REQUESTS><POS-RESPONSES>{responses}</POS-RESPONSES>
</BASE-VARIANT>"""


def _ecu_variant(name: str, version: str) -> str:
    return f"""
<ECU-VARIANT ID="ev.{name}"><SHORT-NAME>{name}</SHORT-NAME>
  <ECU-VARIANT-PATTERNS><ECU-VARIANT-PATTERN><MATCHING-PARAMETERS><MATCHING-PARAMETER>
    <EXPECTED-VALUE>{version}</EXPECTED-VALUE><DIAG-COMM-SNREF SHORT-NAME="ReadSoftwareVersion"/>
    <OUT-PARAM-IF-SNREF SHORT-NAME="version"/>
  </MATCHING-PARAMETER></MATCHING-PARAMETERS></ECU-VARIANT-PATTERN></ECU-VARIANT-PATTERNS>
  <PARENT-REFS><PARENT-REF ID-REF="bv" DOCREF="brakes" DOCTYPE="LAYER" xsi:type="BASE-VARIANT-REF"/></PARENT-REFS>
</ECU-VARIANT>"""


def odx_document(*, extra_service: str = "", extra_request: str = "", kmh: str = "km/h", revision: str = "2.1") -> str:
    """The data set as one ODX-D document; the additions go into the base variant."""
    base = _base_variant(extra_service, extra_request).replace("km/h", kmh)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<ODX MODEL-VERSION="2.2.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<DIAG-LAYER-CONTAINER ID="dlc"><SHORT-NAME>brake_data</SHORT-NAME>
  <ADMIN-DATA><DOC-REVISIONS><DOC-REVISION><REVISION-LABEL>{revision}</REVISION-LABEL><STATE>RELEASE</STATE>
    <DATE>2025-01-01T00:00:00</DATE></DOC-REVISION></DOC-REVISIONS></ADMIN-DATA>
  <BASE-VARIANTS>{base}</BASE-VARIANTS>
  <ECU-VARIANTS>{_ecu_variant("brakes_old", "1.0")}{_ecu_variant("brakes_new", "2.0")}</ECU-VARIANTS>
</DIAG-LAYER-CONTAINER></ODX>"""


def pdx_of(**members: str | bytes) -> bytes:
    """A PDX archive; a member's name is written with `__` for the dot."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return packed.getvalue()

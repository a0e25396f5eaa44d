"""Names and values of the data identifiers that ISO 14229-1 (Annex C) and legislated OBD fix for every ECU."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from app.protocols.uds.obd_identifiers import OBD_IDENTIFIERS, DataIdentifier
from app.protocols.uds.record_formats import Choice, Date, Raw, RecordFormat, Text

VIN = 0xF190
ACTIVE_SESSION = 0xF186

_SESSIONS = Choice(
    names={1: "defaultSession", 2: "programmingSession", 3: "extendedDiagnosticSession", 4: "safetySystemSession"}
)

_FIXED: tuple[tuple[int, str, str, RecordFormat], ...] = (
    (0xF180, "BootSoftwareIdentification", "Boot software identification", Raw()),
    (0xF181, "ApplicationSoftwareIdentification", "Application software identification", Raw()),
    (0xF182, "ApplicationDataIdentification", "Application data identification", Raw()),
    (0xF183, "BootSoftwareFingerprint", "Boot software fingerprint", Raw()),
    (0xF184, "ApplicationSoftwareFingerprint", "Application software fingerprint", Raw()),
    (0xF185, "ApplicationDataFingerprint", "Application data fingerprint", Raw()),
    (ACTIVE_SESSION, "ActiveDiagnosticSession", "Active diagnostic session", _SESSIONS),
    (0xF187, "VehicleManufacturerSparePartNumber", "Spare part number of the vehicle manufacturer", Text()),
    (0xF188, "VehicleManufacturerECUSoftwareNumber", "ECU software number of the vehicle manufacturer", Text()),
    (0xF189, "VehicleManufacturerECUSoftwareVersionNumber", "ECU software version of the vehicle manufacturer", Text()),
    (0xF18A, "SystemSupplierIdentifier", "Supplier of the system", Text()),
    (0xF18B, "ECUManufacturingDate", "Day the ECU was made", Date()),
    (0xF18C, "ECUSerialNumber", "Serial number of the ECU", Text()),
    (0xF18D, "SupportedFunctionalUnits", "Supported functional units", Raw()),
    (0xF18E, "VehicleManufacturerKitAssemblyPartNumber", "Kit assembly part number", Text()),
    (
        0xF18F,
        "RegulationXSoftwareIdentificationNumbers",
        "Regulation X software identifications (RXSWIN)",
        Raw(),
    ),
    (VIN, "VIN", "Vehicle identification number", Text(length=17)),
    (0xF191, "VehicleManufacturerECUHardwareNumber", "ECU hardware number of the vehicle manufacturer", Text()),
    (0xF192, "SystemSupplierECUHardwareNumber", "ECU hardware number of the supplier", Text()),
    (0xF193, "SystemSupplierECUHardwareVersionNumber", "ECU hardware version of the supplier", Text()),
    (0xF194, "SystemSupplierECUSoftwareNumber", "ECU software number of the supplier", Text()),
    (0xF195, "SystemSupplierECUSoftwareVersionNumber", "ECU software version of the supplier", Text()),
    (0xF196, "ExhaustRegulationOrTypeApprovalNumber", "Exhaust regulation or type approval number", Text()),
    (0xF197, "SystemNameOrEngineType", "System name or engine type", Text()),
    (0xF198, "RepairShopCodeOrTesterSerialNumber", "Repair shop code or serial number of the tester", Text()),
    (0xF199, "ProgrammingDate", "Day the ECU was programmed", Date()),
    (0xF19A, "CalibrationRepairShopCode", "Repair shop code or serial number of the calibration equipment", Text()),
    (0xF19B, "CalibrationDate", "Day the ECU was calibrated", Date()),
    (0xF19C, "CalibrationEquipmentSoftwareNumber", "Software number of the calibration equipment", Text()),
    (0xF19D, "ECUInstallationDate", "Day the ECU was installed", Date()),
    (0xF19E, "ODXFile", "Reference to the ODX data of the ECU", Text()),
    (0xF19F, "Entity", "Entity for secured data transmission", Raw()),
    (0xFF00, "UDSVersion", "Version of UDS (ISO 14229-1) the ECU speaks", Raw()),
)

_RANGES: tuple[tuple[int, int, str], ...] = (
    (0xF100, 0xF17F, "identification option of the vehicle manufacturer"),
    (0xF1A0, 0xF1EF, "identification option of the vehicle manufacturer"),
    (0xF1F0, 0xF1FF, "identification option of the system supplier"),
    (0xF200, 0xF2FF, "periodic data identifier"),
    (0xF300, 0xF3FF, "dynamically defined data identifier"),
    (0xF400, 0xF5FF, "OBD data (SAE J1979-DA)"),
    (0xF600, 0xF6FF, "OBD monitor result (SAE J1979-DA)"),
    (0xF700, 0xF7FF, "OBD data (SAE J1979-DA)"),
    (0xF800, 0xF8FF, "OBD vehicle information (SAE J1979-DA)"),
    (0xF900, 0xF9FF, "tachograph"),
    (0xFA00, 0xFA0F, "airbag deployment"),
    (0xFD00, 0xFEFF, "set by the system supplier"),
)

KNOWN_IDENTIFIERS: Mapping[int, DataIdentifier] = MappingProxyType(
    {
        **{
            data_id: DataIdentifier(data_id=data_id, name=name, description=description, form=form)
            for data_id, name, description, form in _FIXED
        },
        **{identifier.data_id: identifier for identifier in OBD_IDENTIFIERS},
    }
)
"""Every identifier with a fixed meaning, by its number."""

IDENTIFICATION = (VIN, 0xF187, 0xF188, 0xF189, 0xF18A, 0xF18B, 0xF18C, 0xF191, 0xF192, 0xF193, 0xF194, 0xF195, 0xF197)
"""What an ECU is asked to identify itself; hardly any has them all."""


def range_name(data_id: int) -> str | None:
    """What the standard uses the range of an identifier for; None: the manufacturer's own."""
    return next((name for first, last, name in _RANGES if first <= data_id <= last), None)


def find_by_name(name: str) -> DataIdentifier | None:
    """The identifier of a name, whatever its case, spaces, hyphens and underscores."""
    return _BY_NAME.get(_plain(name))


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()


_BY_NAME: Mapping[str, DataIdentifier] = MappingProxyType(
    {_plain(identifier.name): identifier for identifier in KNOWN_IDENTIFIERS.values()}
    | {_plain("EngineRPM"): KNOWN_IDENTIFIERS[0xF40C], _plain("rpm"): KNOWN_IDENTIFIERS[0xF40C]}
)

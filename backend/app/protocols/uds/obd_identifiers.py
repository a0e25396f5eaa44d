"""Data identifiers of legislated OBD: 0xF400 + PID (SAE J1979-DA, ISO 14229-1 Annex C), 0xF800 + info type."""

from dataclasses import dataclass

from app.protocols.uds.record_formats import Choice, Number, Raw, RecordFormat, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class DataIdentifier:
    """A data identifier whose meaning a standard fixes. `length` is the record's in bytes, where it is fixed."""

    data_id: int
    name: str
    description: str
    form: RecordFormat
    unit: str | None = None

    @property
    def length(self) -> int | None:
        """Length of the record in bytes; None: any."""
        match self.form:
            case Number(length=length) | Text(length=length):
                return length
            case Choice():
                return 1
            case _:
                return None


_PERCENT = Number(length=1, scale=100 / 255, decimals=1)
_SIGNED_PERCENT = Number(length=1, scale=100 / 128, offset=-100, decimals=1)
_CELSIUS = Number(length=1, offset=-40)
_CATALYST = Number(length=2, scale=0.1, offset=-40, decimals=1)
_COUNT = Number(length=1)
_LONG = Number(length=2)
_TORQUE = Number(length=1, offset=-125)

_STANDARDS = Choice(
    names={
        1: "OBD-II (CARB)",
        2: "OBD (EPA)",
        3: "OBD and OBD-II",
        4: "OBD-I",
        5: "not OBD compliant",
        6: "EOBD",
        7: "EOBD and OBD-II",
        8: "EOBD and OBD",
        9: "EOBD, OBD and OBD-II",
        10: "JOBD",
        11: "JOBD and OBD-II",
        12: "JOBD and EOBD",
        13: "JOBD, EOBD and OBD-II",
        17: "EMD",
        18: "EMD+",
        19: "HD OBD-C",
        20: "HD OBD",
        21: "WWH OBD",
        23: "HD EOBD-I",
        24: "HD EOBD-I N",
        25: "HD EOBD-II",
        26: "HD EOBD-II N",
        28: "OBDBr-1",
        29: "OBDBr-2",
        30: "KOBD",
        31: "IOBD I",
        32: "IOBD II",
        33: "HD EOBD-VI",
    }
)
_FUELS = Choice(
    names={
        0: "not available",
        1: "gasoline",
        2: "methanol",
        3: "ethanol",
        4: "diesel",
        5: "LPG",
        6: "CNG",
        7: "propane",
        8: "battery",
        9: "bifuel gasoline",
        10: "bifuel methanol",
        11: "bifuel ethanol",
        12: "bifuel LPG",
        13: "bifuel CNG",
        14: "bifuel propane",
        15: "bifuel battery",
        16: "bifuel battery and combustion engine",
        17: "hybrid gasoline",
        18: "hybrid ethanol",
        19: "hybrid diesel",
        20: "hybrid battery",
        21: "hybrid battery and combustion engine",
        22: "hybrid regenerative",
        23: "bifuel diesel",
    }
)

_PIDS: tuple[tuple[int, str, str, RecordFormat, str | None], ...] = (
    (0x04, "CalculatedEngineLoad", "Calculated engine load", _PERCENT, "%"),
    (0x05, "EngineCoolantTemperature", "Engine coolant temperature", _CELSIUS, "°C"),
    (0x06, "ShortTermFuelTrimBank1", "Short term fuel trim, bank 1", _SIGNED_PERCENT, "%"),
    (0x07, "LongTermFuelTrimBank1", "Long term fuel trim, bank 1", _SIGNED_PERCENT, "%"),
    (0x08, "ShortTermFuelTrimBank2", "Short term fuel trim, bank 2", _SIGNED_PERCENT, "%"),
    (0x09, "LongTermFuelTrimBank2", "Long term fuel trim, bank 2", _SIGNED_PERCENT, "%"),
    (0x0A, "FuelPressure", "Fuel pressure (gauge)", Number(length=1, scale=3), "kPa"),
    (0x0B, "IntakeManifoldAbsolutePressure", "Intake manifold absolute pressure", _COUNT, "kPa"),
    (0x0C, "EngineSpeed", "Engine speed", Number(length=2, scale=0.25), "rpm"),
    (0x0D, "VehicleSpeed", "Vehicle speed", _COUNT, "km/h"),
    (0x0E, "TimingAdvance", "Timing advance of cylinder 1", Number(length=1, scale=0.5, offset=-64), "°"),
    (0x0F, "IntakeAirTemperature", "Intake air temperature", _CELSIUS, "°C"),
    (0x10, "MassAirFlow", "Mass air flow", Number(length=2, scale=0.01, decimals=2), "g/s"),
    (0x11, "ThrottlePosition", "Throttle position", _PERCENT, "%"),
    (0x1C, "OBDStandard", "OBD requirements the vehicle is designed to", _STANDARDS, None),
    (0x1F, "RunTimeSinceEngineStart", "Run time since engine start", _LONG, "s"),
    (0x21, "DistanceWithMILOn", "Distance travelled with the warning lamp on", _LONG, "km"),
    (0x22, "FuelRailPressureRelative", "Fuel rail pressure relative to manifold", Number(length=2, scale=0.079), "kPa"),
    (0x23, "FuelRailPressureGauge", "Fuel rail pressure (gauge)", Number(length=2, scale=10), "kPa"),
    (0x2C, "CommandedEGR", "Commanded exhaust gas recirculation", _PERCENT, "%"),
    (0x2D, "EGRError", "Exhaust gas recirculation error", _SIGNED_PERCENT, "%"),
    (0x2E, "CommandedEvaporativePurge", "Commanded evaporative purge", _PERCENT, "%"),
    (0x2F, "FuelTankLevel", "Fuel tank level", _PERCENT, "%"),
    (0x30, "WarmUpsSinceClear", "Warm-ups since trouble codes were cleared", _COUNT, None),
    (0x31, "DistanceSinceClear", "Distance since trouble codes were cleared", _LONG, "km"),
    (
        0x32,
        "EvapSystemVaporPressure",
        "Evaporative system vapour pressure",
        Number(length=2, scale=0.25, signed=True),
        "Pa",
    ),
    (0x33, "BarometricPressure", "Absolute barometric pressure", _COUNT, "kPa"),
    (0x3C, "CatalystTemperatureBank1Sensor1", "Catalyst temperature, bank 1 sensor 1", _CATALYST, "°C"),
    (0x3D, "CatalystTemperatureBank2Sensor1", "Catalyst temperature, bank 2 sensor 1", _CATALYST, "°C"),
    (0x3E, "CatalystTemperatureBank1Sensor2", "Catalyst temperature, bank 1 sensor 2", _CATALYST, "°C"),
    (0x3F, "CatalystTemperatureBank2Sensor2", "Catalyst temperature, bank 2 sensor 2", _CATALYST, "°C"),
    (0x42, "ControlModuleVoltage", "Control module voltage", Number(length=2, scale=0.001, decimals=3), "V"),
    (0x43, "AbsoluteLoad", "Absolute load", Number(length=2, scale=100 / 255, decimals=1), "%"),
    (
        0x44,
        "CommandedEquivalenceRatio",
        "Commanded air-fuel equivalence ratio (lambda)",
        Number(length=2, scale=2 / 65536),
        None,
    ),
    (0x45, "RelativeThrottlePosition", "Relative throttle position", _PERCENT, "%"),
    (0x46, "AmbientAirTemperature", "Ambient air temperature", _CELSIUS, "°C"),
    (0x47, "AbsoluteThrottlePositionB", "Absolute throttle position B", _PERCENT, "%"),
    (0x49, "AcceleratorPedalPositionD", "Accelerator pedal position D", _PERCENT, "%"),
    (0x4A, "AcceleratorPedalPositionE", "Accelerator pedal position E", _PERCENT, "%"),
    (0x4C, "CommandedThrottleActuator", "Commanded throttle actuator", _PERCENT, "%"),
    (0x4D, "EngineRunTimeWithMILOn", "Engine run time with the warning lamp on", _LONG, "min"),
    (0x4E, "EngineRunTimeSinceClear", "Engine run time since trouble codes were cleared", _LONG, "min"),
    (0x51, "FuelType", "Fuel type", _FUELS, None),
    (0x52, "EthanolFuel", "Ethanol in the fuel", _PERCENT, "%"),
    (0x59, "FuelRailPressureAbsolute", "Fuel rail pressure (absolute)", Number(length=2, scale=10), "kPa"),
    (0x5A, "RelativeAcceleratorPedalPosition", "Relative accelerator pedal position", _PERCENT, "%"),
    (0x5B, "HybridBatteryRemainingLife", "Charge of the hybrid or electric battery pack", _PERCENT, "%"),
    (0x5C, "EngineOilTemperature", "Engine oil temperature", _CELSIUS, "°C"),
    (0x5D, "FuelInjectionTiming", "Fuel injection timing", Number(length=2, scale=1 / 128, offset=-210), "°"),
    (0x5E, "EngineFuelRate", "Engine fuel rate", Number(length=2, scale=0.05, decimals=2), "L/h"),
    (0x61, "DriverDemandTorque", "Driver's demand of engine torque", _TORQUE, "%"),
    (0x62, "ActualEngineTorque", "Actual engine torque", _TORQUE, "%"),
    (0x63, "EngineReferenceTorque", "Engine reference torque", _LONG, "Nm"),
    (0xA6, "Odometer", "Odometer", Number(length=4, scale=0.1, decimals=1), "km"),
)

_INFO_TYPES = (
    (0x02, "OBDVehicleIdentificationNumber", "Vehicle identification number (OBD)", Text(length=17)),
    (0x04, "CalibrationIdentification", "Calibration identifications", Raw()),
    (0x06, "CalibrationVerificationNumber", "Calibration verification numbers", Raw()),
    (0x0A, "ECUName", "Name of the ECU", Text(length=20)),
)

OBD_IDENTIFIERS = (
    *(
        DataIdentifier(data_id=0xF400 + pid, name=name, description=description, form=form, unit=unit)
        for pid, name, description, form, unit in _PIDS
    ),
    *(
        DataIdentifier(data_id=0xF800 + info_type, name=name, description=description, form=form)
        for info_type, name, description, form in _INFO_TYPES
    ),
)
"""Identifiers of legislated OBD that hold one value each."""

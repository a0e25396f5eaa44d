"""What common trouble codes mean: descriptions of SAE J2012, for answers people can read."""

from collections.abc import Mapping
from types import MappingProxyType

UNKNOWN_CODE = "Manufacturer-specific or unknown code"

DESCRIPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "P0016": "Crankshaft Position - Camshaft Position Correlation (Bank 1 Sensor A)",
        "P0030": "HO2S Heater Control Circuit (Bank 1 Sensor 1)",
        "P0068": "MAP/MAF - Throttle Position Correlation",
        "P0087": "Fuel Rail/System Pressure - Too Low",
        "P0101": "Mass or Volume Air Flow Circuit Range/Performance",
        "P0102": "Mass or Volume Air Flow Circuit Low",
        "P0106": "Manifold Absolute Pressure/Barometric Pressure Circuit Range/Performance",
        "P0113": "Intake Air Temperature Sensor 1 Circuit High",
        "P0115": "Engine Coolant Temperature Circuit",
        "P0118": "Engine Coolant Temperature Circuit High",
        "P0121": "Throttle/Pedal Position Sensor/Switch A Circuit Range/Performance",
        "P0128": "Coolant Thermostat (Coolant Temperature Below Thermostat Regulating Temperature)",
        "P0131": "O2 Sensor Circuit Low Voltage (Bank 1 Sensor 1)",
        "P0133": "O2 Sensor Circuit Slow Response (Bank 1 Sensor 1)",
        "P0135": "O2 Sensor Heater Circuit (Bank 1 Sensor 1)",
        "P0141": "O2 Sensor Heater Circuit (Bank 1 Sensor 2)",
        "P0171": "System Too Lean (Bank 1)",
        "P0172": "System Too Rich (Bank 1)",
        "P0174": "System Too Lean (Bank 2)",
        "P0175": "System Too Rich (Bank 2)",
        "P0191": "Fuel Rail Pressure Sensor Circuit Range/Performance",
        "P0201": "Injector Circuit/Open - Cylinder 1",
        "P0217": "Engine Coolant Over Temperature Condition",
        "P0234": "Turbocharger/Supercharger Overboost Condition",
        "P0299": "Turbocharger/Supercharger Underboost",
        "P0300": "Random/Multiple Cylinder Misfire Detected",
        "P0301": "Cylinder 1 Misfire Detected",
        "P0302": "Cylinder 2 Misfire Detected",
        "P0303": "Cylinder 3 Misfire Detected",
        "P0304": "Cylinder 4 Misfire Detected",
        "P0325": "Knock Sensor 1 Circuit (Bank 1 or Single Sensor)",
        "P0335": "Crankshaft Position Sensor A Circuit",
        "P0340": "Camshaft Position Sensor A Circuit (Bank 1 or Single Sensor)",
        "P0401": "Exhaust Gas Recirculation Flow Insufficient Detected",
        "P0420": "Catalyst System Efficiency Below Threshold (Bank 1)",
        "P0430": "Catalyst System Efficiency Below Threshold (Bank 2)",
        "P0442": "Evaporative Emission System Leak Detected (Small Leak)",
        "P0455": "Evaporative Emission System Leak Detected (Large Leak)",
        "P0500": "Vehicle Speed Sensor A",
        "P0505": "Idle Air Control System",
        "P0562": "System Voltage Low",
        "P0563": "System Voltage High",
        "P0601": "Internal Control Module Memory Checksum Error",
        "P0606": "ECM/PCM Processor",
        "P0700": "Transmission Control System (MIL Request)",
        "P0715": "Input/Turbine Shaft Speed Sensor A Circuit",
        "P0741": "Torque Converter Clutch Circuit Performance or Stuck Off",
        "P0A0F": "Engine Failed to Start",
        "P0A80": "Replace Hybrid/EV Battery Pack",
        "P2002": "Diesel Particulate Filter Efficiency Below Threshold (Bank 1)",
        "P2463": "Diesel Particulate Filter - Soot Accumulation",
        "C0035": "Left Front Wheel Speed Sensor",
        "C0040": "Right Front Wheel Speed Sensor",
        "C0045": "Left Rear Wheel Speed Sensor",
        "C0050": "Right Rear Wheel Speed Sensor",
        "U0001": "High Speed CAN Communication Bus",
        "U0100": "Lost Communication With ECM/PCM A",
        "U0101": "Lost Communication With TCM",
        "U0121": "Lost Communication With Anti-Lock Brake System (ABS) Control Module",
        "U0140": "Lost Communication With Body Control Module",
        "U0155": "Lost Communication With Instrument Panel Cluster (IPC) Control Module",
    }
)


def describe(code: str) -> str:
    """The description of a code; its failure type byte (`P0420-11`) does not matter for it."""
    return DESCRIPTIONS.get(code.partition("-")[0], UNKNOWN_CODE)

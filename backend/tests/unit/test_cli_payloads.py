"""Payloads of answers in words, one line per finding."""

import pytest

from app.cli.payloads import describe_payload
from app.domain.json_values import JsonObject


@pytest.mark.parametrize(
    ("payload", "lines"),
    [
        (
            {"dtcs": [{"dtcCode": "P0420", "description": "Catalyst", "status": "confirmed", "ecuAddress": "0x10"}]},
            ["P0420 Catalyst (confirmed) [ECU 0x10]"],
        ),
        ({"dtcs": []}, ["no trouble codes"]),
        ({"dtcs": ["odd"]}, ['{"dtcs":["odd"]}']),
        (
            {"dataId": "0xF40D", "description": "Vehicle speed", "value": 52, "unit": "km/h", "raw": "62F40D34"},
            ["Vehicle speed: 52 km/h (raw 62F40D34)"],
        ),
        ({"status": "complete", "totalDtcs": 2}, ["complete: totalDtcs 2"]),
        ({"status": "reading", "dataId": "0xF190", "progress": 0.5}, ["reading: dataId 0xF190, progress 0.5"]),
        ({"status": "done"}, ["done"]),
        (
            {"status": "success", "written": "0384", "result": {"name": "Idle", "value": 900, "unit": "rpm"}},
            ["success: written 0384", "Idle: 900 rpm"],
        ),
        (
            {"status": "success", "result": {"value": "0C", "unit": None, "problem": "no data describes it"}},
            ["success", "value: 0C (no data describes it)"],
        ),
        ({"status": "success", "result": {"odd": 1}}, ['success: result {"odd":1}']),
        ({"anything": {"else": [1]}}, ['{"anything":{"else":[1]}}']),
        ({"dtcs": [], "ecuAddress": "0x1010"}, ["no trouble codes [ECU 0x1010]"]),
        (
            {
                "dtcs": [{"dtcCode": "P0420-11", "status": "pending", "snapshots": [{}, {}], "extendedData": [{}]}],
                "component": "engine",
            },
            ["P0420-11 (pending) [ECU engine] + 2 snapshots, 1 extended data record"],
        ),
        (
            {
                "status": "complete",
                "totalDtcs": 2,
                "ecusAnswered": ["0x1010"],
                "ecusNotAnswered": [{"ecuAddress": "0x1020", "reason": "silent"}],
            },
            ["complete: totalDtcs 2", "no answer from 0x1020: silent"],
        ),
        (
            {"ecu": {"ecuAddress": "0x1010", "name": "Engine", "component": "engine", "variant": None}},
            ["0x1010 Engine (component engine)"],
        ),
        (
            {"identification": [{"dataId": "0xF190", "name": "VIN", "value": "WVW"}], "ecuAddress": "0x1010"},
            ["VIN: WVW [ECU 0x1010]"],
        ),
        (
            {
                "sampledAt": "2026-11-22T10:00:00Z",
                "elapsedS": 0.5,
                "sample": 1,
                "values": [{"dataId": "0xF40D", "name": "Speed", "value": 0, "unit": "km/h"}, {"dataId": "0xF40C"}],
            },
            ["0.50 s: Speed 0 km/h, 0xF40C ?"],
        ),
        (
            {"dataId": "0xF1AA", "error": {"message": "The ECU refused. Check the identifier."}},
            ["0xF1AA: The ECU refused. Check the identifier."],
        ),
        ({"status": "\x1b[2J"}, ["\N{REPLACEMENT CHARACTER}[2J"]),
    ],
)
def test_payloads_in_words(payload: JsonObject, lines: list[str]) -> None:
    assert describe_payload(payload) == lines

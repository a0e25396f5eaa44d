"""Files that somebody sends: refused where they are dangerous, loaded as far as they can be where they are broken."""

import io
import zipfile

import pytest

from app.diagnostic_data import odx_loading
from app.diagnostic_data.load_report import LoadReport
from app.diagnostic_data.odx_compiler import compile_variant
from app.diagnostic_data.odx_compiler import variants_of as layers_of
from app.diagnostic_data.pdx_archive import DataRefused, open_file
from support.odx_files import odx_document, pdx_of

_BOMB = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<ODX MODEL-VERSION="2.2.0"><DIAG-LAYER-CONTAINER ID="x"><SHORT-NAME>&b;</SHORT-NAME></DIAG-LAYER-CONTAINER></ODX>"""


def variants_of(content: bytes, report: LoadReport) -> dict[str, dict[str, object]]:
    """All variants, compiled."""
    database = odx_loading.load(open_file(content, "brakes.odx-d"), report)
    return {layer.short_name: compile_variant(layer, report) for layer in layers_of(database)}


def test_a_good_file_leaves_an_empty_report() -> None:
    report = LoadReport()
    found = variants_of(pdx_of(data__odx=odx_document().encode(), readme__txt=b"-"), report)
    assert set(found) == {"brakes", "brakes_old", "brakes_new"}
    assert report.skipped == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_declaration_is_refused(encoding: str) -> None:
    bomb = _BOMB.replace('"1.0"', f'"1.0" encoding="{encoding}"').encode(encoding)
    with pytest.raises(DataRefused, match="document type declaration"):
        open_file(bomb, "bomb.odx")
    with pytest.raises(DataRefused, match="document type declaration"):
        open_file(pdx_of(good__odx=odx_document(), bomb__odx=bomb), "bomb.pdx")


@pytest.mark.parametrize("name", ["../evil.odx", "/etc/evil.odx", "a/../../evil.odx", "..\\evil.odx", "C:\\evil.odx"])
def test_a_path_out_of_the_archive_is_refused(name: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, odx_document())
    with pytest.raises(DataRefused, match="leads outside"):
        open_file(packed.getvalue(), "evil.pdx")


def test_an_archive_that_unpacks_to_far_more_than_it_is_is_refused() -> None:
    with pytest.raises(DataRefused, match="unpacks to more"):
        open_file(pdx_of(bomb__odx=b" " * 40_000_000), "bomb.pdx")


def test_a_damaged_or_encrypted_archive_is_refused_in_words() -> None:
    whole = pdx_of(data__odx=odx_document())
    with pytest.raises(DataRefused, match="cannot be read"):
        open_file(whole[: len(whole) // 2], "half.pdx")
    place = whole.index(b"PK\x01\x02") + 8
    with pytest.raises(DataRefused, match="encrypted"):
        open_file(whole[:place] + b"\x01" + whole[place + 1 :], "locked.pdx")


def test_what_is_no_diagnostic_data_at_all_is_refused() -> None:
    for content in (b"<html><body/></html>", b"<ODX", pdx_of(readme__txt="hello"), pdx_of(data__odx="<<<")):
        with pytest.raises(DataRefused):
            odx_loading.load(open_file(content, "file"), LoadReport())


def test_a_broken_document_beside_a_good_one_is_skipped() -> None:
    report = LoadReport()
    content = pdx_of(data__odx=odx_document(), broken__odx="<ODX MODEL-VERSION='2.2.0'><unclosed>")
    assert "brakes" in variants_of(content, report)
    assert [(finding.document, finding.skipped) for finding in report.findings] == [("broken.odx", True)]


def test_a_service_whose_request_is_missing_is_left_out_and_the_rest_stays() -> None:
    broken = (
        '<DIAG-SERVICE ID="svc.Lost"><SHORT-NAME>ReadLost</SHORT-NAME><REQUEST-REF ID-REF="nowhere"/></DIAG-SERVICE>'
    )
    report = LoadReport()
    found = variants_of(odx_document(extra_service=broken).encode(), report)
    assert found["brakes"] == variants_of(odx_document().encode(), LoadReport())["brakes"]
    (finding,) = report.findings
    assert finding.what == "DIAG-SERVICE ReadLost"
    assert "nowhere" in finding.why


def test_what_depends_on_a_missing_element_goes_with_it() -> None:
    request = '<REQUEST ID="rq.Lost"><SHORT-NAME>rq_Lost</SHORT-NAME><PARAMS><PARAM xsi:type="VALUE">'
    request += '<SHORT-NAME>x</SHORT-NAME><DOP-REF ID-REF="dop.nowhere"/></PARAM></PARAMS></REQUEST>'
    service = '<DIAG-SERVICE ID="svc.Lost"><SHORT-NAME>Lost</SHORT-NAME><REQUEST-REF ID-REF="rq.Lost"/></DIAG-SERVICE>'
    report = LoadReport()
    found = variants_of(odx_document(extra_service=service, extra_request=request).encode(), report)
    assert "0100" in str(found["brakes"]["identifiers"])
    assert [finding.what for finding in report.findings] == ["REQUEST rq_Lost", "DIAG-SERVICE Lost"]


def test_an_element_that_breaks_the_standard_does_not_take_its_document_with_it() -> None:
    request = '<REQUEST ID="rq.Odd"><SHORT-NAME>rq_Odd</SHORT-NAME><PARAMS><PARAM xsi:type="NO-SUCH-TYPE">'
    request += "<SHORT-NAME>x</SHORT-NAME></PARAM></PARAMS></REQUEST>"
    report = LoadReport()
    found = variants_of(odx_document(extra_request=request).encode(), report)
    assert "0100" in str(found["brakes"]["identifiers"])
    assert report.findings


def test_a_layer_that_cannot_be_put_together_is_left_out_alone() -> None:
    wrong = """<ECU-VARIANT ID="ev.wrong"><SHORT-NAME>wrong</SHORT-NAME><PARENT-REFS>
      <PARENT-REF ID-REF="dop.speed" DOCREF="brakes" DOCTYPE="LAYER" xsi:type="BASE-VARIANT-REF"/>
      </PARENT-REFS></ECU-VARIANT>"""
    report = LoadReport()
    content = odx_document().replace("</ECU-VARIANTS>", f"{wrong}</ECU-VARIANTS>")
    found = variants_of(content.encode(), report)
    assert set(found) == {"brakes", "brakes_old", "brakes_new"}
    assert [finding.what for finding in report.findings if finding.skipped] == ["ECU-VARIANT wrong"]


def test_the_report_is_bounded() -> None:
    report = LoadReport()
    for number in range(2_000):
        report.skip("document", f"element {number}", "x" * 10_000)
    assert (report.skipped, len(report.findings)) == (2_000, 500)
    assert len(report.findings[0].why) == 300

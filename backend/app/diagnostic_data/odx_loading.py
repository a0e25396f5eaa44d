"""Loads ODX documents with odxtools as far as they can be loaded, and says what was left out.

Runs in a process of its own: the library has a global switch, and broken data may take long or much memory.

The order, from strict to lenient: a document is read as the standard wants it; where that fails, leniently; where that
fails too, without the elements that fail. References to what is not there take the smallest element with them that can
be missing. Layers that still cannot be put together are left out one by one.
"""

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from xml.etree import ElementTree

import odxtools.exceptions as odx_exceptions
from odxtools.database import Database
from odxtools.dataobjectproperty import DataObjectProperty
from odxtools.diagservice import DiagService
from odxtools.dtcdop import DtcDop
from odxtools.environmentdata import EnvironmentData
from odxtools.environmentdatadescription import EnvironmentDataDescription
from odxtools.odxdoccontext import OdxDocContext
from odxtools.odxlink import DocType, OdxDocFragment
from odxtools.request import Request
from odxtools.response import Response
from odxtools.singleecujob import SingleEcuJob
from odxtools.structure import Structure
from odxtools.table import Table
from packaging.version import Version

from app.diagnostic_data.load_report import LoadReport
from app.diagnostic_data.pdx_archive import Contents, DataRefused

Element = ElementTree.Element

_READERS: dict[str, Callable[[Element, OdxDocContext], object]] = {
    "DATA-OBJECT-PROP": DataObjectProperty.from_et,
    "DTC-DOP": DtcDop.from_et,
    "STRUCTURE": Structure.from_et,
    "TABLE": Table.from_et,
    "ENV-DATA": EnvironmentData.from_et,
    "ENV-DATA-DESC": EnvironmentDataDescription.from_et,
    "REQUEST": Request.from_et,
    "POS-RESPONSE": Response.from_et,
    "NEG-RESPONSE": Response.from_et,
    "GLOBAL-NEG-RESPONSE": Response.from_et,
    "DIAG-SERVICE": DiagService.from_et,
    "SINGLE-ECU-JOB": SingleEcuJob.from_et,
}
_VARIANTS = ("ECU-VARIANT", "BASE-VARIANT")
_LAYERS = (*_VARIANTS, "FUNCTIONAL-GROUP", "PROTOCOL", "ECU-SHARED-DATA")
_MAY_BE_MISSING = frozenset(
    {*_READERS, *_LAYERS, "TABLE-ROW", "STATIC-FIELD", "DYNAMIC-LENGTH-FIELD", "END-OF-PDU-FIELD", "MUX"}
    | {"DYNAMIC-ENDMARKER-FIELD", "UNIT-GROUP", "COMPARAM-REF", "PARENT-REF", "UNIT-REF", "FUNCT-CLASS-REF"}
    | {"IMPORT-REF", "DIAG-COMM-REF", "PHYSICAL-DIMENSION-REF", "ENABLED-AUDIENCE-REF", "DISABLED-AUDIENCE-REF"}
    | {"STATE-TRANSITION-REF", "PRE-CONDITION-STATE-REF", "COMPANY-DATA-REF", "TEAM-MEMBER-REF", "DTC-REF"}
    | {"RELATED-DIAG-COMM-REF", "DIAG-VARIABLE", "LIBRARY-REF", "NEG-RESPONSE-REF", "LINKED-DTC-DOP"}
)


@dataclass(slots=True, kw_only=True)
class _Source:
    """A document that could be parsed."""

    name: str
    root: Element


def load(contents: Contents, report: LoadReport) -> Database:
    """Load what can be loaded. Raises DataRefused where nothing is left."""
    sources = [source for source in _parsed(contents, report) if _readable(source, report)]
    _drop_dangling(sources, report)
    if not sources:
        raise DataRefused("no ODX document in it could be read: " + "; ".join(f.why for f in report.findings[:3]))
    for lenient in (False, True):
        try:
            database = _built(sources, lenient=lenient, report=report)
        except Exception as error:  # noqa: BLE001 - odxtools raises whatever broken data leads to
            failure = error
        else:
            if not (database.ecu_variants or database.base_variants):
                raise DataRefused("it describes no ECU: there is no ECU-VARIANT and no BASE-VARIANT in it")
            return database
    return _without_bad_layers(sources, report, failure)


def _parsed(contents: Contents, report: LoadReport) -> Iterator[_Source]:
    for document in contents.documents:
        try:
            yield _Source(name=document.name, root=ElementTree.fromstring(document.text))  # noqa: S314 - the archive reader has refused declarations
        except (ElementTree.ParseError, ValueError, LookupError) as error:
            report.skip(document.name, "the whole document", f"it is not XML: {error}")


def _readable(source: _Source, report: LoadReport) -> bool:
    """Make a document readable, if need be without some of its elements; False where that cannot be done."""
    for step in (_read_strictly, _read_leniently, _read_without_bad_elements):
        try:
            step(source, report)
        except Exception as error:  # noqa: BLE001 - odxtools raises whatever broken data leads to
            failure = error
        else:
            return True
    report.skip(source.name, "the whole document", failure)
    return False


def _read_strictly(source: _Source, _: LoadReport) -> None:
    with _strictness(strict=True):
        Database().add_odx_xml_tree(source.root)


def _read_leniently(source: _Source, report: LoadReport) -> None:
    with _strictness(strict=False) as notes:
        Database().add_odx_xml_tree(source.root)
    for note in notes:
        report.notice(source.name, "breaks the standard", note)


def _read_without_bad_elements(source: _Source, report: LoadReport) -> None:
    category = source.root[0]
    fragment = OdxDocFragment(category.findtext("SHORT-NAME") or "", DocType.CONTAINER)
    context = OdxDocContext(Version(source.root.get("MODEL-VERSION", "2.0")), (fragment,))
    parents = {child: parent for parent in source.root.iter() for child in parent}
    for element in list(source.root.iter()):
        reader = _READERS.get(element.tag)
        if reader is None:
            continue
        try:
            with _strictness(strict=False):
                reader(element, context)
        except Exception as error:  # noqa: BLE001 - odxtools raises whatever broken data leads to
            parents[element].remove(element)
            report.skip(source.name, _called(element), error)
    _read_leniently(source, report)


def _drop_dangling(sources: list[_Source], report: LoadReport) -> None:
    """Take out what refers to something that is in none of the documents, until nothing does."""
    while True:
        known = {found for source in sources for element in source.root.iter() if (found := element.get("ID"))}
        dropped = sum(_drop_dangling_once(source, known, report) for source in sources)
        if not dropped:
            return


def _drop_dangling_once(source: _Source, known: set[str], report: LoadReport) -> int:
    parents = {child: parent for parent in source.root.iter() for child in parent}
    dropped: set[Element] = set()
    for element in source.root.iter():
        wanted = element.get("ID-REF")
        if wanted is None or wanted in known:
            continue
        owner: Element | None = element
        while owner is not None and owner.tag not in _MAY_BE_MISSING:
            owner = parents.get(owner)
        if owner is None or owner in dropped:
            continue
        dropped.add(owner)
        parents[owner].remove(owner)
        report.skip(source.name, _called(owner), f"it refers to {wanted}, which is in none of the documents")
    return len(dropped)


def _called(element: Element) -> str:
    name = element.findtext("SHORT-NAME") or element.get("ID-REF") or element.get("ID") or ""
    return f"{element.tag} {name}".strip()


def _built(sources: list[_Source], *, lenient: bool, report: LoadReport) -> Database:
    database = Database(use_weakrefs=False)
    with _strictness(strict=not lenient) as notes:
        for source in sources:
            with _strictness(strict=False):
                database.add_odx_xml_tree(source.root)
        database.refresh()
    for note in notes:
        report.notice("all documents", "breaks the standard", note)
    return database


def _without_bad_layers(sources: list[_Source], report: LoadReport, failure: Exception) -> Database:
    """Put the variants back one by one, bases first, and leave out those with which it fails."""
    places: list[tuple[_Source, Element, Element]] = []
    for tag in reversed(_VARIANTS):
        for source in sources:
            for parent in source.root.iter(f"{tag}S"):
                places += [(source, parent, layer) for layer in parent.findall(tag)]
    for _, parent, layer in places:
        parent.remove(layer)
    kept: Database | None = None
    for source, parent, layer in places:
        parent.append(layer)
        try:
            kept = _built(sources, lenient=True, report=LoadReport())
        except Exception as error:  # noqa: BLE001 - odxtools raises whatever broken data leads to
            parent.remove(layer)
            report.skip(source.name, _called(layer), error)
    if kept is None:
        raise DataRefused(f"none of its ECU variants could be loaded: {type(failure).__name__}: {failure}")
    return _built(sources, lenient=True, report=report)


class _Notes(logging.Handler):
    """Keeps what odxtools logs: in lenient mode it says there what it would have refused."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the text, once."""
        text = record.getMessage()
        if text not in self.texts:
            self.texts.append(text)


@contextmanager
def _strictness(*, strict: bool) -> Iterator[list[str]]:
    """Set the library's switch, which is global: this process does one thing at a time. Gives what it noted."""
    notes, logger, before = _Notes(), logging.getLogger("odxtools"), odx_exceptions.strict_mode
    propagated = logger.propagate
    odx_exceptions.strict_mode, logger.propagate = strict, False
    logger.addHandler(notes)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield notes.texts
    finally:
        odx_exceptions.strict_mode, logger.propagate = before, propagated
        logger.removeHandler(notes)

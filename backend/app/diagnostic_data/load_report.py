"""What was left out when diagnostic data was loaded, and why. Kept with the data set and shown to whoever added it."""

from dataclasses import asdict, dataclass, field

from app.domain.json_values import JsonObject

MOST_FINDINGS = 500
_LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing: the document it is in, what it is, and why. `skipped`: it is left out; else only noticed."""

    document: str
    what: str
    why: str
    skipped: bool


@dataclass(slots=True, kw_only=True)
class LoadReport:
    """All findings of one load; beyond `MOST_FINDINGS` they are only counted."""

    findings: list[Finding] = field(default_factory=list)
    skipped: int = 0
    noticed: int = 0

    def skip(self, document: str, what: str, why: object) -> None:
        """Something was left out."""
        self.skipped += 1
        self._add(document, what, why, skipped=True)

    def notice(self, document: str, what: str, why: object) -> None:
        """Something breaks the standard, and is used as well as it can be."""
        self.noticed += 1
        self._add(document, what, why, skipped=False)

    def _add(self, document: str, what: str, why: object, *, skipped: bool) -> None:
        reason = " ".join((f"{type(why).__name__}: {why}" if isinstance(why, Exception) else str(why)).split())
        finding = Finding(document=document, what=what, why=reason[:_LONGEST], skipped=skipped)
        if len(self.findings) < MOST_FINDINGS and finding not in self.findings[-20:]:
            self.findings.append(finding)

    def to_json(self) -> JsonObject:
        """As it is stored and shown."""
        return {
            "skipped": self.skipped,
            "noticed": self.noticed,
            "findings": [asdict(finding) for finding in self.findings],
        }

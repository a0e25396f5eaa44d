"""The data identifiers of a virtual ECU: their values at a moment, as values and as bytes, written, held or moving."""

from collections.abc import Iterable, Mapping

from app.domain.json_values import JsonValue
from app.protocols.uds.negative_responses import Nrc
from app.simulator.data_formats import ChoiceFormat, NumberFormat, ValueOutOfRange, decode_value, encode_value
from app.simulator.description import IdentifierDescription
from app.simulator.ecu_refusal import EcuRefused
from app.simulator.vehicle_signals import VehicleSignals


class EcuData:
    """Values of one ECU. Who may read or write is not decided here."""

    def __init__(
        self,
        identifiers: Iterable[IdentifierDescription],
        signals: VehicleSignals,
        placeholders: Mapping[str, str],
    ) -> None:
        self._identifiers = {item.data_id: item for item in identifiers}
        self._signals = signals
        self._placeholders = placeholders
        self._written: dict[int, bytes] = {}
        self._controlled: dict[int, bytes] = {}

    @property
    def identifiers(self) -> tuple[IdentifierDescription, ...]:
        """All identifiers, as described."""
        return tuple(self._identifiers.values())

    def description(self, data_id: int) -> IdentifierDescription:
        """One identifier. Raises EcuRefused where the ECU does not have it."""
        found = self._identifiers.get(data_id)
        if found is None:
            raise EcuRefused(Nrc.REQUEST_OUT_OF_RANGE, f"this ECU has no identifier 0x{data_id:04X}")
        return found

    def has(self, data_id: int) -> bool:
        """Whether the ECU has this identifier."""
        return data_id in self._identifiers

    def record(self, data_id: int, now: float) -> bytes:
        """The data record at a moment: taken over by the tester, else written, else as described. Raises EcuRefused."""
        for kept in (self._controlled, self._written):
            if data_id in kept:
                return kept[data_id]
        return self.default_record(data_id, now)

    def value(self, data_id: int, now: float) -> JsonValue:
        """The value at a moment, exactly as its bytes say it. Raises EcuRefused."""
        return decode_value(self.description(data_id).form, self.record(data_id, now))

    def checked_record(self, data_id: int, record: bytes) -> bytes:
        """`record` if it is a valid value. Raises EcuRefused: wrong length, or out of range."""
        form = self.description(data_id).form
        if len(record) != form.length:
            text = f"0x{data_id:04X} has {form.length} bytes, not {len(record)}"
            raise EcuRefused(Nrc.INCORRECT_MESSAGE_LENGTH_OR_INVALID_FORMAT, text)
        try:
            decode_value(form, record)
        except ValueOutOfRange as error:
            raise EcuRefused(Nrc.REQUEST_OUT_OF_RANGE, str(error)) from error
        return record

    def encoded(self, data_id: int, value: JsonValue) -> bytes:
        """The data record of a value. Raises EcuRefused where it does not fit."""
        try:
            return encode_value(self.description(data_id).form, value)
        except ValueOutOfRange as error:
            raise EcuRefused(Nrc.REQUEST_OUT_OF_RANGE, str(error)) from error

    def write(self, data_id: int, record: bytes) -> None:
        """Keep a data record from now on. Raises EcuRefused."""
        self._written[data_id] = self.checked_record(data_id, record)

    def restore(self, data_id: int) -> None:
        """Give up what was written: as described again."""
        self._written.pop(data_id, None)

    def control(self, data_id: int, record: bytes) -> None:
        """The tester takes the value over (service 0x2F). Raises EcuRefused."""
        self._controlled[data_id] = self.checked_record(data_id, record)

    def return_control(self, data_id: int | None = None) -> None:
        """Give one value, or all, back to the ECU."""
        if data_id is None:
            self._controlled.clear()
        else:
            self._controlled.pop(data_id, None)

    def default_record(self, data_id: int, now: float) -> bytes:
        """What the value would be if nobody had written or taken it over. Raises EcuRefused."""
        known = self.description(data_id)
        if known.signal is None:
            return encode_value(known.form, self._filled(known.value))
        return _encode_signal(known, self._signals.value(known.signal, now))

    def _filled(self, value: JsonValue) -> JsonValue:
        if isinstance(value, str):
            for name, text in self._placeholders.items():
                value = value.replace("{" + name + "}", text)
        return value


def _encode_signal(known: IdentifierDescription, value: float) -> bytes:
    """A sensor shows the end of its range where the value lies beyond it."""
    form = known.form
    if isinstance(form, ChoiceFormat):
        nearest = min(form.choices, key=lambda choice: abs(choice[0] - value))
        return encode_value(form, nearest[0])
    if not isinstance(form, NumberFormat):
        raise TypeError(f"{known.name}: only numbers and choices follow signals")
    bits = 8 * form.length - (1 if form.signed else 0)
    ends = (2**bits - 1, -(2**bits) if form.signed else 0)
    reachable = sorted(end * form.scale + form.offset for end in ends)
    low = max(reachable[0], form.minimum if form.minimum is not None else reachable[0])
    high = min(reachable[1], form.maximum if form.maximum is not None else reachable[1])
    return encode_value(form, min(high, max(low, value)))

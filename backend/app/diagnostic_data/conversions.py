"""From the number on the wire to the value people read, and back (ISO 22901-1, 7.3.6.6: COMPU-METHOD)."""

from dataclasses import asdict, dataclass

from app.domain.json_values import JsonObject


class ConversionError(Exception):
    """The value has no counterpart; the text names the range or the choices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """A range of numbers; None is without end, `open` ends do not belong to it."""

    lower: int | float | None = None
    upper: int | float | None = None
    lower_open: bool = False
    upper_open: bool = False

    def hold(self, value: int | float) -> bool:
        """Whether the value lies inside."""
        if self.lower is not None and (value < self.lower or (self.lower_open and value == self.lower)):
            return False
        return self.upper is None or value < self.upper or (not self.upper_open and value == self.upper)

    def to_json(self) -> JsonObject:
        """As it is kept: what is left out has its default value."""
        return {name: value for name, value in asdict(self).items() if value is not None and value is not False}

    def __str__(self) -> str:
        """For people: `0 … 100`."""
        lower = "no lower end" if self.lower is None else f"{'above ' if self.lower_open else ''}{self.lower}"
        upper = "no upper end" if self.upper is None else f"{'below ' if self.upper_open else ''}{self.upper}"
        return f"{lower} … {upper}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """(offset + factor x internal) / denominator; `whole` values are rounded. `limits` hold internal values."""

    offset: float = 0.0
    factor: float = 1.0
    denominator: float = 1.0
    whole: bool = False
    whole_inside: bool = True
    limits: Limits | None = None

    def to_physical(self, internal: int | float) -> int | float:
        """Raises ConversionError outside the limits."""
        if self.limits is not None and not self.limits.hold(internal):
            raise ConversionError(f"the coded value {internal} is outside {self.limits}")
        return self._physical(internal)

    def _physical(self, internal: int | float) -> int | float:
        result = (self.offset + self.factor * internal) / self.denominator
        return round(result) if self.whole else result

    def to_internal(self, physical: int | float) -> int | float:
        """Raises ConversionError outside the limits, naming them in physical values."""
        if abs(self.factor) < 1e-10:
            raise ConversionError("this value is the same whatever is written, so it cannot be written")
        result = (physical * self.denominator - self.offset) / self.factor
        internal = round(result) if self.whole_inside else result
        if self.limits is not None and not self.limits.hold(internal):
            raise ConversionError(f"must be in {self.physical_limits(self.limits)}")
        return internal

    def physical_limits(self, limits: Limits) -> Limits:
        """Limits of internal values as limits of what people read."""
        ends = [
            None if limits.lower is None else self._physical(limits.lower),
            None if limits.upper is None else self._physical(limits.upper),
        ]
        opens = [limits.lower_open, limits.upper_open]
        if self.factor / self.denominator < 0:
            ends.reverse()
            opens.reverse()
        return Limits(lower=ends[0], upper=ends[1], lower_open=opens[0], upper_open=opens[1])

    def to_json(self) -> JsonObject:
        """As it is kept: what is left out has its default value."""
        kept = {name: value for name, value in asdict(self).items() if value != getattr(_PLAIN, name)}
        if self.limits is not None:
            kept["limits"] = self.limits.to_json()
        return kept


_PLAIN = Linear()


@dataclass(frozen=True, slots=True, kw_only=True)
class TextScale:
    """The text for coded values from `lower` to `upper`; `inverse` is written for the text."""

    lower: int | float
    upper: int | float
    text: str
    inverse: int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """An enumeration. `default` stands for coded values without a text of their own."""

    scales: tuple[TextScale, ...]
    default: str | None = None

    @property
    def choices(self) -> tuple[str, ...]:
        """The texts that can be written."""
        return tuple(dict.fromkeys(scale.text for scale in self.scales))

    def to_physical(self, internal: int | float) -> str:
        """Raises ConversionError for a value without a text."""
        for scale in self.scales:
            if scale.lower <= internal <= scale.upper:
                return scale.text
        if self.default is None:
            raise ConversionError(f"no text stands for the coded value {internal}")
        return self.default

    def to_internal(self, physical: object) -> int | float:
        """The coded value of a text (letter case does not matter where that is clear). Raises ConversionError."""
        text = str(physical)
        for found in (
            [scale for scale in self.scales if scale.text == text],
            [scale for scale in self.scales if scale.text.casefold() == text.casefold()],
        ):
            if len({scale.inverse for scale in found}) == 1:
                return found[0].inverse
        raise ConversionError(f"must be one of {', '.join(self.choices)}")

    def to_json(self) -> JsonObject:
        """As it is kept."""
        return {"scales": [asdict(scale) for scale in self.scales], "default": self.default}

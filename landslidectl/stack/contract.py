"""What a stack and the model that reads it must agree on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from landslidectl.errors import StackError
from landslidectl.terms import Radiometry, Speckle


@dataclass(frozen=True, slots=True)
class StackContract:
    """The choices that change the numbers of a stack; recorded in it and in ``model.json``.

    Parameters
    ----------
    version : int
        Grows when the meaning of a stack changes.
    noise_floor_db : float
        Linear values below it, negatives among them, become this value in dB.
    resampling : str
        How radar samples reach the map: ``bilinear`` in linear sigma nought.
    radiometry : Radiometry
        What the numbers stand for.
    speckle_filter : Speckle
        How each scene was smoothed before the medians.
    pixel_m : float
        Side of a map pixel, metres.
    """

    version: int = 1
    noise_floor_db: float = -48.5
    resampling: str = "bilinear"
    radiometry: Radiometry = Radiometry.SIGMA0
    speckle_filter: Speckle = Speckle.NONE
    pixel_m: float = 10.0

    def as_dict(self) -> dict[str, Any]:
        """Return the fields, JSON-ready, in declared order."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "StackContract":
        """Rebuild a contract from `as_dict`.

        Raises
        ------
        StackError
            If a field is missing, unknown or of another type.
        """
        expected = {field.name for field in fields(cls)}
        if not isinstance(values, Mapping) or set(values) != expected:
            found = sorted(values) if isinstance(values, Mapping) else type(values).__name__
            raise StackError(
                f"the stack contract has the fields {found}, expected {sorted(expected)}",
                "It was written by another version of landslidectl: build the stack again.",
            )
        try:
            return cls(
                version=int(values["version"]),
                noise_floor_db=float(values["noise_floor_db"]),
                resampling=str(values["resampling"]),
                radiometry=Radiometry(values["radiometry"]),
                speckle_filter=Speckle(values["speckle_filter"]),
                pixel_m=float(values["pixel_m"]),
            )
        except (TypeError, ValueError) as error:
            raise StackError(f"the stack contract cannot be read: {error}") from error

    def differences(self, other: "StackContract") -> tuple[str, ...]:
        """Return in words each field that ``other`` has otherwise: ``pixel_m 10.0, not 20.0``."""
        mine, theirs = self.as_dict(), other.as_dict()
        return tuple(
            f"{name} {mine[name]}, not {theirs[name]}"
            for name in mine
            if mine[name] != theirs[name]
        )

    def check_supported(self) -> None:
        """Refuse a contract whose processing this version cannot do.

        Raises
        ------
        StackError
            Naming the fields and the only values known.
        """
        known = replace(self, version=1, resampling="bilinear")
        if wrong := self.differences(known):
            raise StackError(
                "this version cannot build a stack with " + "; ".join(wrong),
                "Use a model whose contract this version knows, or update landslidectl.",
            )


def _plain(value: Any) -> Any:
    """Return the text of an enumeration's member, anything else as it is."""
    return str(value) if isinstance(value, Radiometry | Speckle) else value

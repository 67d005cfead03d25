"""From a printed rate (sens = 0.83 of 12) back to the count behind it, or to a refusal."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

# Decimals beyond these are a computed rate's rounding in binary, not a printed digit.
_MOST_DECIMALS = 12


@dataclass(frozen=True)
class PrintedRate:
    """A rate as a table prints it.

    Parameters
    ----------
    text
        The cell; "" for a blank.
    value
        Its number, in the units of the column; None for a blank or no number.
    decimals
        Number of decimals it was rounded to.
    scale
        1 for proportions, 100 for percents.
    """

    text: str
    value: Fraction | None
    decimals: int
    scale: int


def printed_rates(texts: Sequence[str]) -> list[PrintedRate] | None:
    """The rates of a column, percents if any exceeds 1 or bears a ``%``.

    A bare 0 or 1 among proportions had its zeros trimmed by software (nobody rounds a proportion to
    0 or 1), so it counts as printed with the most decimals of the column.

    Returns
    -------
    rates
        None if the column mixes proportions with percents, so that 1 could be 1 or 100 %.
    """
    numbers = [_number(text.removesuffix("%").strip()) for text in texts]
    signed = [text.endswith("%") for text in texts]
    percent = any(signed) or any(value is not None and value > 1 for value, _ in numbers)
    if percent and any(
        value is not None and 0 < value <= 1 and not sign
        for (value, _), sign in zip(numbers, signed, strict=True)
    ):
        return None
    most = max((decimals for _, decimals in numbers), default=0)
    return [
        PrintedRate(
            text=text,
            value=value,
            decimals=most if not percent and decimals == 0 and value in (0, 1) else decimals,
            scale=100 if percent else 1,
        )
        for text, (value, decimals) in zip(texts, numbers, strict=True)
    ]


def integers_that_print(value: Fraction, n: int, scale: int, decimals: int) -> range:
    """All k in 0..n for which ``scale * k / n``, rounded to ``decimals``, is ``value``.

    A tie may have been rounded either way, so both neighbours of a tie fit. Exact arithmetic.
    """
    half = Fraction(1, 2 * 10 ** min(decimals, _MOST_DECIMALS))
    first = max(0, math.ceil((value - half) * n / scale))
    last = min(n, math.floor((value + half) * n / scale))
    return range(first, last + 1)


def count_behind(rate: PrintedRate, n: int, name: str, total: str) -> int | tuple[str, str]:
    """The one count out of ``n`` that prints as ``rate``; else what is wrong and what is allowed.

    Parameters
    ----------
    rate
        The printed rate.
    n
        Size of its group.
    name, total
        Headers of the rate and of the group size, for the message.
    """
    if n == 0 and not rate.text:
        return 0
    if n == 0:
        return f"{name}={rate.text} but {total}=0", f"leave {name} blank where {total} is 0"
    if rate.value is None or not 0 <= rate.value <= rate.scale:
        rule = f"{name}={rate.text!r} is no rate" if rate.text else f"{name} is blank"
        return rule, f"a rate is a number from 0 to {rate.scale}"
    fitting = integers_that_print(rate.value, n, rate.scale, rate.decimals)
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        listed = ", ".join(map(str, fitting[:8])) + (", ..." if len(fitting) > 8 else "")
        rule = f"{name}={rate.text} of {total}={n} fits {len(fitting)} counts ({listed})"
        return rule, f"give the count, or {name} with more decimals (as text, to keep its zeros)"
    below = math.floor(rate.value * n / rate.scale)
    listed = " and ".join(
        f"{float(Fraction(k * rate.scale, n)):.{rate.decimals}f} ({k}/{n})"
        for k in (below, below + 1)
        if k <= n
    )
    return f"{name}={rate.text} is no rate out of {total}={n}", f"the nearest possible are {listed}"


def _number(text: str) -> tuple[Fraction | None, int]:
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None, 0
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > 30:
        return None, 0
    return Fraction(number), max(0, -exponent)

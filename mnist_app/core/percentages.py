"""Fractions as percentages, written in one style: "99.8%"."""

# The float below 1: however sure an answer is, it may be wrong.
_NEARLY_ONE = 1 - 2**-53


def percent(fraction: float, decimals: int = 1) -> str:
    """Write a fraction, 0..1, as a percentage; only all is "100%", and only nothing is "0%".

    What would be rounded to one of these is written ">99.9%" or "<0.1%".
    """
    if fraction in (0, 1):
        return f"{fraction:.0%}"
    least = 10.0 ** -(decimals + 2)
    if fraction < least / 2:
        return f"<{least:.{decimals}%}"
    if fraction >= 1 - least / 2:
        return f">{1 - least:.{decimals}%}"
    return f"{fraction:.{decimals}%}"


def confidence(probability: float, decimals: int = 1) -> str:
    """Write how sure an answer is, 0..1, as `percent` does; never "100%", as no answer is that."""
    return percent(min(probability, _NEARLY_ONE), decimals)

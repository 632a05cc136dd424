"""Spread of a result over seeds: mean, standard deviation and Student's t."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np

SIGNIFICANCE = 0.05
"""P-value below which a difference counts as shown; the intervals hold the other 95 %."""
_NO_SPREAD = 1e-12
"""Standard deviation below which values that were rounded differently are alike."""
_MOST_TERMS = 500  # of a continued fraction, which needs a few dozen for the numbers here


@dataclass(frozen=True)
class Spread:
    """Mean and spread of some values."""

    n: int
    mean: float
    sd: float | None
    """Sample standard deviation, with n - 1 in its denominator; None of one value."""
    interval: tuple[float, float] | None
    """95 % t interval of the mean; None where the values show no spread to compute one from."""

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Summarize values. Raises `ValueError` for none, or one that is not finite.

        The interval is mean ± t · sd / √n with n - 1 degrees of freedom (Student, The Probable Error of a Mean,
        Biometrika 6, 1908).
        """
        array = np.asarray(values, np.float64)
        if not len(array) or not np.isfinite(array).all():
            raise ValueError("a spread needs finite values")
        mean = float(array.mean())
        if len(array) == 1:
            return cls(1, mean, None, None)
        sd = float(array.std(ddof=1))
        if sd < _NO_SPREAD:
            return cls(len(array), mean, 0.0, None)
        return cls(len(array), mean, sd, around(mean, sd / math.sqrt(len(array)), len(array) - 1))

    def to_json(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "mean": self.mean,
            "sd": self.sd,
            "interval": None if self.interval is None else list(self.interval),
        }


def around(mean: float, error: float, freedom: float) -> tuple[float, float]:
    """Return the t interval around a mean with a standard error."""
    margin = t_quantile(1 - SIGNIFICANCE / 2, freedom) * error
    return mean - margin, mean + margin


def t_p_value(t: float, freedom: float) -> float:
    """Compute the two-sided p-value of a t statistic.

    It is the regularized incomplete beta function I_x(ν/2, 1/2) at x = ν / (ν + t²): M. Abramowitz and I. Stegun,
    Handbook of Mathematical Functions (1964), 26.7.1 and 26.5.27. `freedom` is ν, which need not be whole. Raises
    `ValueError` unless it is positive.
    """
    if not freedom > 0:
        raise ValueError("degrees of freedom must be positive")
    if math.isinf(t):
        return 0.0
    return _incomplete_beta(freedom / (freedom + t * t), t * t / (freedom + t * t), freedom / 2, 0.5)


@lru_cache(maxsize=256)
def t_quantile(probability: float, freedom: float) -> float:
    """Compute the quantile of Student's t distribution by bisection of `t_p_value`.

    Raises `ValueError` unless the probability lies between 0 and 1, and as `t_p_value` does.
    """
    if not 0 < probability < 1:
        raise ValueError("a quantile's probability lies between 0 and 1")
    if probability < 0.5:
        return -t_quantile(1 - probability, freedom)
    wanted = 2 * (1 - probability)
    low, high = 0.0, 1.0
    while t_p_value(high, freedom) > wanted:
        low, high = high, high * 2
    while (middle := (low + high) / 2) not in (low, high):
        if t_p_value(middle, freedom) > wanted:
            low = middle
        else:
            high = middle
    return high


def _incomplete_beta(x: float, rest: float, a: float, b: float) -> float:
    """Compute I_x(a, b); `rest` is 1 - x, without rounding."""
    if x <= 0 or rest <= 0:
        return 0.0 if x <= 0 else 1.0
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest)
    if x > (a + 1) / (a + b + 2):  # where the fraction converges slowly, that of the other tail converges fast
        return 1.0 - math.exp(scale) * _beta_fraction(rest, b, a) / b
    return math.exp(scale) * _beta_fraction(x, a, b) / a


def _beta_fraction(x: float, a: float, b: float) -> float:
    """Evaluate the continued fraction of the incomplete beta function.

    NIST Digital Library of Mathematical Functions, 8.17.22, by the modified method of Lentz (W. J. Lentz, Applied
    Optics 15, 1976; I. J. Thompson and A. R. Barnett, J. Comput. Phys. 64, 1986).
    """
    tiny = 1e-300
    c, d = 1.0, 1.0 / _away_from_zero(1.0 - (a + b) * x / (a + 1.0), tiny)
    value = d
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1.0 / _away_from_zero(1.0 + term * d, tiny)
            c = _away_from_zero(1.0 + term / c, tiny)
            value *= c * d
        if abs(c * d - 1.0) < 1e-16:
            break
    return value


def _away_from_zero(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny

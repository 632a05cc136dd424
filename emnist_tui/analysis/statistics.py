"""How sure a count can be, whether two networks differ, and how honest confidences are. Plain Python and numpy."""

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """The lowest and the highest share of successes, 0 to 1, that the trials leave plausible; (0, 1) without trials.

    The score interval of E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 22
    (1927): it stays within 0 and 1, and is sound for shares near them. Raises `ValueError` when the counts cannot be.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes of {trials} trials cannot be")
    if not trials:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / trials
    scale = 1 + z * z / trials
    center = (share + z * z / (2 * trials)) / scale
    reach = z / scale * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    low = 0.0 if successes == 0 else max(0.0, center - reach)
    high = 1.0 if successes == trials else min(1.0, center + reach)
    return low, high


def mcnemar_p_value(only_first_wrong: int, only_second_wrong: int) -> float:
    """How probable a split at least this uneven is where both networks are equally good; 1 where neither errs alone.

    The exact two-sided form of Q. McNemar's test, Psychometrika 12 (1947): twice the lower tail of the binomial
    distribution with probability 1/2, at most 1. Only images that one network alone gets wrong count. The tail is
    summed relative to its largest term, so large counts neither overflow nor lose digits; what no float can hold is 0.
    Raises `ValueError` for a negative count.
    """
    smaller, larger = sorted((only_first_wrong, only_second_wrong))
    if smaller < 0:
        raise ValueError("counts cannot be negative")
    if smaller == larger:
        return 1.0
    total = smaller + larger
    log_term = math.lgamma(total + 1) - math.lgamma(smaller + 1) - math.lgamma(larger + 1) - total * math.log(2)
    terms = np.arange(smaller, 0, -1)
    relative = 1.0 + float(np.cumprod(terms / (total - terms + 1)).sum())
    return min(1.0, 2.0 * math.exp(log_term) * relative)


def expected_calibration_error(
    confidences: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], bins: int = 15
) -> float:
    """The mean distance between how sure the answers of a bin are and how often they are right, 0 to 1.

    `confidences` float64 [images], 0 to 1, of the answers given; `right` bool [images]. Bins are of equal width, each
    with its upper edge, and weigh as much as they hold images: C. Guo et al., On Calibration of Modern Neural
    Networks, ICML 2017, equations 2, 3 and 5. 0 without images.
    """
    if not len(confidences):
        return 0.0
    edges = np.linspace(0.0, 1.0, bins + 1)
    chosen = np.clip(np.searchsorted(edges, confidences, side="left") - 1, 0, bins - 1)
    excess = np.bincount(chosen, weights=confidences - right, minlength=bins)
    return float(np.abs(excess).sum() / len(confidences))

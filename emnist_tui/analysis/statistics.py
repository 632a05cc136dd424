"""Confidence intervals, significance tests and calibration."""

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Compute the Wilson score interval of a proportion, 0 to 1.

    E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 22 (1927): it stays within
    0 and 1, and is sound for proportions near them. Without trials it is (0, 1). Raises `ValueError` for impossible
    counts.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes of {trials} trials are impossible")
    if not trials:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / trials
    scale = 1 + z * z / trials
    center = (share + z * z / (2 * trials)) / scale
    margin = z / scale * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    low = 0.0 if successes == 0 else max(0.0, center - margin)
    high = 1.0 if successes == trials else min(1.0, center + margin)
    return low, high


def mcnemar_p_value(only_first_wrong: int, only_second_wrong: int) -> float:
    """Compute the p-value of McNemar's exact two-sided test.

    It is the probability of counts at least this uneven if both networks are equally accurate. Q. McNemar,
    Psychometrika 12 (1947): twice the lower tail of the binomial distribution with probability 1/2, at most 1. Only
    images that exactly one network misclassifies count; without any the p-value is 1. The tail is summed relative to
    its largest term, so that large counts neither overflow nor lose digits; a value below the range of floats is 0.
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
    confidences: npt.NDArray[np.float64], correct: npt.NDArray[np.bool_], bins: int = 15
) -> float:
    """Compute the expected calibration error, 0 to 1.

    It is the mean distance between confidence and accuracy over the bins, weighted by their images: C. Guo et al., On
    Calibration of Modern Neural Networks, ICML 2017, equations 2, 3 and 5. `confidences` are float64 [images], 0 to 1,
    the probabilities of the predicted classes; `correct` is bool [images]. Bins have equal width and include their
    upper edge. Without images the error is 0.
    """
    if not len(confidences):
        return 0.0
    edges = np.linspace(0.0, 1.0, bins + 1)
    chosen = np.clip(np.searchsorted(edges, confidences, side="left") - 1, 0, bins - 1)
    excess = np.bincount(chosen, weights=confidences - correct, minlength=bins)
    return float(np.abs(excess).sum() / len(confidences))

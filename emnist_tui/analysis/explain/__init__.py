"""Reasons for a network's answer: sums, receptive fields, shares, occlusion."""

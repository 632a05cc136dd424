"""Reasons for a network's answer: sums, fields, shares, occlusion and changes."""

"""Triton code, for the card or Triton's interpreter."""

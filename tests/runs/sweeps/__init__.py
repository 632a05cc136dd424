"""Tests of sweep folders."""

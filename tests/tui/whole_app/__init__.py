"""Tests of every screen of the app: sizes, colors, snapshots, foreign text, idling."""

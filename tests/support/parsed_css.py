"""Style sheets that are parsed once for all the apps of a process."""

from typing import Any

import pytest
from textual.css.stylesheet import Stylesheet


def parse_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Share the parsed rules among apps with the same theme: a tenth of the time of a test of the app."""
    parse = Stylesheet._parse_rules
    parsed: dict[tuple[Any, ...], Any] = {}

    def parse_rules(
        self: Stylesheet,
        css: str,
        read_from: Any,
        is_default_rules: bool = False,
        tie_breaker: int = 0,
        scope: str = "",
    ) -> Any:
        source = (css, read_from, is_default_rules, tie_breaker, scope)
        if source not in self._parse_cache:
            key = (frozenset(self._variables.items()), *source)
            if key not in parsed:
                parsed[key] = parse(self, *source)
            self._parse_cache[source] = parsed[key]
        return parse(self, *source)

    monkeypatch.setattr(Stylesheet, "_parse_rules", parse_rules)

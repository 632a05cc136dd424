"""Matrix cell backgrounds in terminals without truecolor."""

from pathlib import Path

import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual import constants
from textual.color import Color

from emnist_tui.tui.app import EmnistApp
from emnist_tui.tui.settings import SettingsFile
from emnist_tui.tui.widgets.matrix.matrix_colors import fixed_shade


@pytest.mark.parametrize("palette", ["blue-orange", "green-red"])
@pytest.mark.parametrize(("colors", "system"), [("256", ColorSystem.EIGHT_BIT), ("standard", ColorSystem.STANDARD)])
def test_shades_are_distinct_colors_of_the_terminals_palette(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, palette: str, colors: str, system: ColorSystem
) -> None:
    monkeypatch.setitem(vars(constants), "COLOR_SYSTEM", colors)
    (tmp_path / "settings.toml").write_text(f'palette = "{palette}"')
    app = EmnistApp(tmp_path, preferences=SettingsFile(tmp_path / "settings.toml"))
    assert app.console.color_system == colors
    for is_good in (True, False):
        shades = [fixed_shade(app, is_good=is_good, strength=step / 100) for step in range(101)]
        assert shades[0] is None
        different = list(dict.fromkeys(shades))
        assert shades == sorted(shades, key=different.index), "each shade is one range of strengths"
        assert len(different) >= (4 if colors == "256" else 2)
        sent = {RichColor.from_rgb(*shade.rgb).downgrade(system).number for shade in different if shade}
        assert len(sent) == len(different) - 1, "no two shades are sent as the same color"
        if colors == "256":
            assert all(Color(*RichColor.from_ansi(n).get_truecolor()) in different for n in sent if n is not None)

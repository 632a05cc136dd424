"""Names of networks of one's own."""

from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.folder import claim_folder
from emnist_tui.runs.models import model_label
from emnist_tui.runs.network_files import NetworkFile


def test_a_file_and_name_are_parsed_and_spelled_alike() -> None:
    file = NetworkFile.parse("/a/b c:d.py:Net_2")
    assert file == NetworkFile(Path("/a/b c:d.py"), "Net_2")
    assert str(file) == "/a/b c:d.py:Net_2"
    assert file.label == "b c:d.py:Net_2"


@pytest.mark.parametrize("text", ["baseline", "net.py", "net.py:", "net.py:a.b", "net.py:2", "net.txt:Net", "a.py:N\n"])
def test_other_text_is_no_network(text: str) -> None:
    assert NetworkFile.parse(text) is None


@pytest.mark.parametrize(
    ("name", "run"), [("ResNet", "resnet-001"), ("_Net", "net-001"), ("Ωmega", "mega-001"), ("Ω", "network-001")]
)
def test_a_run_is_called_after_the_network(tmp_path: Path, name: str, run: str) -> None:
    config = TrainConfig(model=f"/nets/a.py:{name}")
    assert claim_folder(tmp_path, None, config).name == run


@pytest.mark.parametrize(
    "model", ["/home/x/net.py:Net", r"C:\x\net.py:Net", "C:/x/net.py:Net", r"\\server\share\net.py:Net"]
)
def test_a_run_from_another_system_keeps_its_configuration_and_label(model: str) -> None:
    config = TrainConfig.from_json({**TrainConfig().to_json(), "model": model})
    assert config.model == model
    assert model_label(model) == "net.py:Net"


def test_a_config_takes_an_absolute_file_only() -> None:
    TrainConfig(model="/nets/a.py:Net")
    with pytest.raises(UsageError, match=r"^Model must be"):
        TrainConfig(model="nets/a.py:Net")

"""The help pages compared with the program, in both directions."""

import json
import re
import shlex
from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from emnist_tui import cli
from emnist_tui.analysis.comparison import Comparison
from emnist_tui.analysis.explain.cells import Cell
from emnist_tui.analysis.explain.explanation import Explanation
from emnist_tui.analysis.explain.nearest_change import Change, Found, Kind, NearestChange
from emnist_tui.analysis.explain.occlusion import logits_of
from emnist_tui.analysis.seed_comparison import SeedComparison
from emnist_tui.analysis.spread import Spread
from emnist_tui.commands import export
from emnist_tui.commands.errors import mistake_to_json
from emnist_tui.commands.output import cell_arithmetic, explanations
from emnist_tui.commands.sweep import show
from emnist_tui.learning.export.formats import FORMATS
from emnist_tui.runs.config import CHANGEABLE, TrainConfig
from emnist_tui.runs.control import Control
from emnist_tui.runs.events import Event
from emnist_tui.runs.listing import Entry
from emnist_tui.runs.models import MODELS
from emnist_tui.runs.sweeps.board import Result, SweepBoard
from emnist_tui.runs.sweeps.listing import describe_sweep
from emnist_tui.runs.sweeps.space import FIXED, option_of
from emnist_tui.runs.sweeps.spec import PRUNERS, SAMPLERS
from emnist_tui.runs.sweeps.trial import TrialState
from emnist_tui.tui.settings import Settings
from tests.support import inside_page, markdown
from tests.support.explained_networks import passed
from tests.support.markdown import HELP, PACKAGE, PAGES, code, section, table
from tests.support.parser import commands, options
from tests.support.project import SHIPPED_CHECKPOINT
from tests.support.scripted_runs import evaluation, neighbors, write_run
from tests.support.seed_groups import group
from tests.support.sweep_folders import make_sweep, make_worker, seeds_spec

COMMAND_LINE = HELP / "command-line.md"
FILE_FORMATS = HELP / "file-formats.md"
EVERYWHERE = {"--help", "--checkpoints"}


def synopses() -> dict[str, str]:
    """Return the arguments in each command's synopsis, by the command's name."""
    block = COMMAND_LINE.read_text().split("```")[1]
    lines = re.sub(r"\n {3,}", " ", block).strip().splitlines()
    found: dict[str, str] = {}
    for line in lines:
        names, _, rest = line.removeprefix("emnist-tui").strip().partition(" ")
        for name in names.split("|"):
            found[name] = f"{found.get(name, '')} {rest}".strip()
    return found


def keys_after(page: Path, title: str, label: str = "`--json`") -> list[str]:
    """Return the inline code of a section's paragraph beginning with `label`."""
    paragraphs = section(page, title).split("\n\n")
    (found,) = [paragraph for paragraph in paragraphs if paragraph.strip().startswith(label)]
    return code(found)[1:]


def documented_keys(title: str) -> set[str]:
    """Return the names in the first column of a section's table."""
    return {name for first, *_ in table(section(FILE_FORMATS, title)) for name in code(first)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_opens_with_a_title_and_one_sentence(page: Path) -> None:
    title, blank, sentence, following, *_ = page.read_text().split("\n")
    assert re.fullmatch(r"# \S.*", title)
    assert (blank, following) == ("", "")
    assert re.fullmatch(r"[A-Z].*\.", sentence)
    assert len(sentence) <= 110
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", page.stem)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_between_pages_exists(page: Path) -> None:
    for target in markdown.links(page):
        assert (HELP / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_example_can_be_parsed(page: Path) -> None:
    for command in [*markdown.shell_commands(page), *markdown.inline_commands(page)]:
        if command not in {*commands(), "[PATH]", "completion --help", "--version", "help TOPIC"}:
            cli.parse(shlex.split(command))


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_option_of_a_command_is_documented(name: str) -> None:
    synopsis = synopses()[name]
    documented = set(re.findall(r"--[a-z-]+", synopsis))
    if "OPTION OF train" in synopsis:
        documented |= {f"--{field.name.replace('_', '-')}" for field in fields(TrainConfig)}
    assert documented == options(commands()[name]) - EVERYWHERE, synopsis


def test_every_documented_command_exists() -> None:
    assert set(synopses()) == {"[PATH]", *commands()}


def test_json_of_evaluate_is_documented() -> None:
    assert keys_after(COMMAND_LINE, "evaluate") == list(evaluation().to_json())


def test_json_of_errors_is_documented() -> None:
    found = evaluation()
    mistake = mistake_to_json(found.mistakes()[0], neighbors(found))
    documented = keys_after(COMMAND_LINE, "errors")
    assert [key for key in documented if key != "--neighbors"] == ["dataset", "images", "errors", "shown", *mistake]


def test_json_of_explain_is_documented() -> None:
    found = passed(true=3)
    explanation = Explanation.of(found, logits_of(found.network), found.runner_up)
    change = Found(Change(Kind.TURN, amount=6.0), 3, found.image)
    explanation = replace(explanation, nearest=NearestChange(found.predicted, 3, (change,)))
    written = explanations.to_json(explanation)
    about = ["checkpoint", "dataset", "split", "index", "file"]
    assert set(keys_after(COMMAND_LINE, "explain")) - {"--cell"} == {*about, *written, "cell"}
    cell = cell_arithmetic.cell_to_json(found, Cell("n2", (0, 4, 4)))
    lists = section(COMMAND_LINE, "explain").split("\n\n")[-1].replace("\n  ", " ")
    documented = {code(line)[0]: set(code(line)[1:]) for line in lists.strip().splitlines()}
    for name, value in {**written, "cell": cell}.items():
        keys = value[0] if isinstance(value, list) else value
        if isinstance(keys, dict):
            assert set(keys) <= documented[name], name


def test_arrays_of_explain_are_documented() -> None:
    found = passed(true=3)
    arrays = Explanation.of(found, logits_of(found.network), 1).arrays()
    names = {re.sub(r"/.*", "/", name) for name in arrays}
    documented = {re.sub(r"/.*", "/", code(name)[0]) for name, _ in table(section(HELP / "inside.md", "Arrays"))}
    assert documented == names


def test_json_of_compare_is_documented() -> None:
    assert keys_after(COMMAND_LINE, "compare") == list(Comparison(evaluation(), evaluation(seed=1)).to_json())


def test_json_of_compared_groups_is_documented() -> None:
    groups = (group(name, {0: 0.9, 1: 0.91}, s2="failed") for name in "ab")
    found = SeedComparison(*groups).to_json()
    documented = set(keys_after(COMMAND_LINE, "compare", "In JSON a comparison of groups"))
    lists = [found["per_seed"][0], found["a"]["seeds"][0], found["a"]["left_out"][0], found["a"]["test_accuracy"]]
    keys = {*found, *found["a"], *(key for each in lists for key in each)} - {"dataset"}
    assert keys <= documented


def test_json_of_runs_is_documented() -> None:
    paragraph = section(COMMAND_LINE, "runs").strip().split("\n\n")[0]
    documented = [key for key in code(paragraph) if key not in ("--json", "run", "sweep", "checkpoint")]
    assert sorted(documented) == sorted(field.name for field in fields(Entry))


def test_json_of_sweeps_is_documented(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "mine", seeds_spec(3), trials=3)
    board = SweepBoard(sweep).refresh()
    assert set(keys_after(COMMAND_LINE, "sweep", "`show --json`")) == {
        *show.to_json(board),
        *Spread.of([0.5]).to_json(),
    }
    entry = set(describe_sweep(board).to_json()) - {field.name for field in fields(Entry)}
    assert entry < set(code(section(COMMAND_LINE, "runs").split("\n\n")[-1]))


def test_files_of_sweeps_are_documented_with_their_keys(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "mine", trials=1, workers=1)
    trial = replace(SweepBoard(sweep).refresh().trials[0], test_accuracy=0.5, ended=1.0)
    written = {
        "sweep.json": sweep.read_spec().to_json(),
        "trial.json": trial.to_json(),
        "workers/ID.json": make_worker().to_json(),
        "result.json": {"format": 1, **asdict(Result(1, 0.5, 0.5, 0.1, 9))},
    }
    for title, values in written.items():
        assert documented_keys(f"Sweeps: {title}") == set(values), title


def test_every_state_of_a_trial_is_documented() -> None:
    states = {name for names, _ in table(section(HELP / "sweeps.md", "States")) for name in code(names)}
    assert states == set(TrialState)


def test_options_of_a_new_sweep_are_documented_with_their_choices() -> None:
    documented = {
        code(name)[0]: set(code(values)) for name, values in table(section(HELP / "sweeps.md", "Create a sweep"), 1)
    }
    assert documented["--sampler"] == set(SAMPLERS)
    assert documented["--prune"] == set(PRUNERS)
    (sentence,) = re.findall(r"All but (.*?) can be varied", section(HELP / "sweeps.md", "Create a sweep"), re.DOTALL)
    assert set(code(sentence)) == {f"--{option_of(field)}" for field in FIXED}


def test_every_recipe_option_is_documented_with_its_default() -> None:
    options = section(HELP / "recipe.md", "Options")
    run = {code(option)[0]: default.strip("`") for option, default, _ in table(options, 1)}
    for number, model in enumerate(MODELS, start=1):
        documented = {code(row[0])[0]: row[number].strip("`") for row in table(options)} | run
        config = TrainConfig.of(model=model).to_json()
        written = {f"--{name.replace('_', '-')}": _written(value) for name, value in config.items()}
        warmup = {"baseline": "0"}.get(model, "0.25")
        assert documented == {**written, "--threads": "1", "--warmup": warmup, "--model": ""}


def test_every_network_is_documented_with_its_size_and_accuracy() -> None:
    documented = {code(row[0])[0]: row for row in table(section(HELP / "networks.md", "Registry"))}
    assert [*documented] == [*MODELS]
    for name, model in MODELS.items():
        _, parameters, accuracy, epochs, _minutes, summary = documented[name]
        assert (parameters, int(epochs)) == (f"{model.parameters:,}", TrainConfig.of(model=name).epochs)
        assert accuracy.startswith(f"{model.accuracy * 100:.2f} ± ")
        assert summary == model.summary


def _written(value: object) -> str:
    return (f"{value:.5f}".rstrip("0").rstrip(".") or "0") if isinstance(value, float) else str(value)


def test_every_setting_is_documented_with_its_default() -> None:
    page = HELP / "settings.md"
    documented = {code(name)[0].strip("[]"): default.strip("`") for name, default, _ in table(page.read_text())}
    plain = {each.name: each.default for each in fields(Settings) if each.name not in ("keys", "form")}
    written = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in plain.items()}
    assert documented == {**written, "keys": "", "form": ""}


def test_every_environment_variable_is_documented() -> None:
    sources = "".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    rows = table(section(HELP / "settings.md", "Environment variables"))
    documented = {code(name)[0] for name, _ in rows}
    assert documented - {"NO_COLOR"} == set(re.findall(r"EMNIST_TUI_[A-Z]+\b", sources))


def test_every_export_format_is_documented_with_its_ending() -> None:
    documented = {code(name)[0]: code(ending)[0] for name, ending, _ in table(section(HELP / "export.md", "Export"))}
    assert documented == {name: kind.ending for name, kind in FORMATS.items()}
    assert set(export.FORMATS) == set(documented)


def test_every_event_is_documented_with_its_fields() -> None:
    documented = {
        name: set(code(keys)) for names, keys, _ in table(section(FILE_FORMATS, "events.jsonl")) for name in code(names)
    }
    elsewhere = re.sub(r"\s+", " ", section(FILE_FORMATS, "Evaluations") + section(FILE_FORMATS, "Download folder"))
    for name, keys in re.findall(r"`(\w+)` \(([^)]*)\)", elsewhere):
        documented[name] = set(code(keys))
    assert documented == {
        kind.event: {each.name for each in fields(kind)} - {"time"} for kind in Event.__subclasses__()
    }


def test_what_may_change_on_resume_is_documented() -> None:
    sentences = (
        section(HELP / "recipe.md", "Resume").split("\n\n")[1],
        re.split(r"^- ", section(COMMAND_LINE, "train"), flags=re.MULTILINE)[2],
    )
    for sentence in sentences:
        named = {name for name in code(sentence) if name.startswith("--")} - {"--resume RUN"}
        assert named == {f"--{name.replace('_', '-')}" for name in CHANGEABLE}


def test_contents_of_a_run_folder_are_documented(tmp_path: Path) -> None:
    run = write_run(tmp_path)
    documented = section(FILE_FORMATS, "Run folder")
    for path in run.path.iterdir():
        assert re.sub(r"\d+", "003", path.name) in documented
    assert documented_keys("run.json") == set(json.loads(run.run_json.read_text()))
    assert set(code(table(section(FILE_FORMATS, "run.json"))[2][1])) == set(TrainConfig().to_json()) | {"train"}
    assert documented_keys("control.json") == {each.name for each in fields(Control)}


def test_contents_of_a_checkpoint_are_documented() -> None:
    content = torch.load(SHIPPED_CHECKPOINT, weights_only=True)
    assert documented_keys("Checkpoints") == set(content)
    progress = next(value for key, value in table(section(FILE_FORMATS, "Checkpoints")) if key == "`progress`")
    assert set(code(progress)) == set(content["progress"])


def test_arrays_of_evaluations_and_neighbors_are_documented(tmp_path: Path) -> None:
    found = evaluation()
    found.save(tmp_path / "evaluation.npz")
    neighbors(found).save(tmp_path / "neighbors.npz")
    for name, title in (("evaluation.npz", "Evaluations"), ("neighbors.npz", "Neighbors")):
        with np.load(tmp_path / name) as arrays:
            assert documented_keys(title) == set(arrays), title


@pytest.mark.skipif(not SHIPPED_CHECKPOINT.exists(), reason="the tests run without the project's checkpoints")
def test_the_misclassified_digit_is_explained_as_the_program_does() -> None:
    """Numbers may differ in the last digits on other processors, and so a few characters of drawings."""
    number = re.compile(r"\d+\.\d+(?:e[+-]\d+)?")
    for written, drawn in zip(inside_page.blocks_of_page(), inside_page.draw_blocks(), strict=True):
        old, new = ([float(text) for text in number.findall(block)] for block in (written, drawn))
        np.testing.assert_allclose(old, new, rtol=0.01, atol=0.01)
        words = [number.sub("", block) for block in (written, drawn)]
        assert len(words[0]) == len(words[1])
        assert sum(one != other for one, other in zip(*words, strict=True)) <= 4


def test_the_misclassified_digit_is_one_of_the_synthetic_test_digits() -> None:
    image, label = inside_page.drawn_here()
    assert label == inside_page.TRUE
    assert np.abs(image.astype(int) - inside_page.pixels()).max() <= 2

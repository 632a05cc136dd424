"""The commands, and the only place that joins the rooms. stdout is data and nothing else; words go to stderr."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from emnist_tui import __version__
from emnist_tui.analysis.predictions import SORTS
from emnist_tui.commands import analysis, completion, data, export, neighbors, predict, serve, settings, train
from emnist_tui.commands.brief_help import BriefHelp
from emnist_tui.commands.output import console, tensorboard
from emnist_tui.runs import control, folder, listing
from emnist_tui.runs.config import TrainConfig, explain_bad_run_name
from emnist_tui.runs.errors import EmnistTuiError, ExitCode, UsageError
from emnist_tui.runs.record import RunState
from emnist_tui.text.ascii_fallback import write_unencodable_as_ascii
from emnist_tui.text.formats import printable

COMMANDS_EPILOG = """\
  emnist-tui train --epochs 1 --name first     for example, without the app
  emnist-tui errors first --true 4 --limit 3   the worst mistakes on fours
"""

_MAY_CHANGE = {"epochs", "device", "threads"}
"""What a resumed run may have different."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; its exit code, as `ExitCode` names it."""
    write_unencodable_as_ascii()
    options = _parse(list(sys.argv[1:] if arguments is None else arguments))
    try:
        code = int(options.command(options))
        sys.stdout.flush()  # not later, where nobody could say what is wrong with it
        return code
    except EmnistTuiError as error:
        return _complain(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _complain("Interrupted.", ExitCode.INTERRUPTED)
    except BrokenPipeError:
        console.discard_unwritable()
        return ExitCode.DONE
    except Exception as error:
        if os.environ.get("EMNIST_TUI_DEBUG"):
            raise
        console.discard_unwritable()
        return _complain(
            f"Unexpected {type(error).__name__}: {error}; set EMNIST_TUI_DEBUG=1 to see where.", ExitCode.FAILED
        )


def _complain(sentence: str, code: ExitCode) -> ExitCode:
    print(f"emnist-tui: {printable(sentence)}", file=sys.stderr)
    return code


class _Parser(argparse.ArgumentParser):
    """argparse with the project's form of an error: one sentence, and where to look."""

    def error(self, message: str) -> NoReturn:
        self.exit(ExitCode.WRONG_USE, f"emnist-tui: {printable(message)}; see `{self.prog} --help`.\n")


def _parse(arguments: list[str]) -> argparse.Namespace:
    commands, parser = _build_parser()
    # The first word that is no option is a command or, when it is none, the path that the app opens.
    if any(word in commands for word in arguments) or {"-h", "--help", "--version"} & set(arguments):
        return parser.parse_args(arguments)
    app_parser = _Parser(prog="emnist-tui")
    _add_root(app_parser)
    _add_low_bandwidth(app_parser)
    app_parser.add_argument("path", nargs="?")
    app_parser.set_defaults(command=_app)
    return app_parser.parse_args(arguments)


def _build_parser() -> tuple[list[str], argparse.ArgumentParser]:
    parser = _Parser(
        prog="emnist-tui",
        usage="emnist-tui [PATH] | emnist-tui COMMAND … | emnist-tui COMMAND --help",
        description="Without a command, the app; PATH is a run folder or checkpoint to open at once.",
        add_help=False,
        epilog=COMMANDS_EPILOG,
        formatter_class=BriefHelp,
    )
    parser.add_argument("-h", "--help", action="help", help=argparse.SUPPRESS)
    parser.add_argument("--version", action="version", version=f"emnist-tui {__version__}", help=argparse.SUPPRESS)
    _add_root(parser)
    _add_low_bandwidth(parser)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, prog="emnist-tui")

    def add(
        name: str, command: Callable[[argparse.Namespace], int], words: str, description: str = ""
    ) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = commands.add_parser(name, help=words, description=description or words)
        _add_root(added, default=argparse.SUPPRESS)
        added.set_defaults(command=command)
        return added

    _add_train_options(add("train", _train, "train a network, with a progress line or bar"))
    runs = add("runs", _runs, "every run and checkpoint, and which train now")
    _add_json(runs, "one list of objects on stdout")
    for name, words in {
        "pause": "pause a training run",
        "resume": "let a paused run go on",
        "save": "ask a training run for a checkpoint",
        "stop": "stop a training run, saved",
    }.items():
        controlled = add(name, _control, "the same control over a training run that the app has", words)
        controlled.add_argument("run", metavar="RUN")
        controlled.set_defaults(asked=name)
        _add_json(controlled, "the run's control file as one object on stdout")
    evaluate = add("evaluate", analysis.evaluate, "accuracy, loss and confusion matrix of a checkpoint")
    _add_checkpoint(evaluate)
    evaluate.add_argument("--output", metavar="FOLDER", type=Path, help="keep the predictions and events there")
    _add_json(evaluate, "one object on stdout")
    errors = add("errors", analysis.errors, "the misclassified digits of a checkpoint")
    _add_checkpoint(errors)
    errors.add_argument("--true", type=int, choices=range(10), metavar="D", help="only images of this digit")
    errors.add_argument("--predicted", type=int, choices=range(10), metavar="D", help="only those taken for this digit")
    errors.add_argument("--sort", choices=SORTS, default="loss", help="worst first by, or by index (loss)")
    errors.add_argument(
        "--min-confidence", type=_share, metavar="P", help="only wrong answers with at least this probability, 0 to 1"
    )
    errors.add_argument("--limit", type=_positive, default=10, metavar="N", help="how many (10)")
    errors.add_argument("--neighbors", action="store_true", help="each beside its nearest right digits")
    _add_json(errors, "one object on stdout")
    compare = add("compare", analysis.compare, "what checkpoint B gets right or wrong that A does not")
    compare.add_argument("a", metavar="A", help=analysis.CHECKPOINT_HELP)
    compare.add_argument("b", metavar="B", help="another one, evaluated on the same data")
    _add_data(compare, "auto, emnist, synthetic or a path (what A was trained on)")
    _add_json(compare, "one object on stdout")
    report = add("report", analysis.report, "a folder to hand on: one page, metrics, predictions")
    _add_checkpoint(report)
    report.add_argument("--output", metavar="DIR", type=Path, help="the folder (here, named after the checkpoint)")
    export.add_options(add("export", export.export, "the network for other programs, checked"))
    predict.add_options(add("predict", predict.predict, "which digits PNG or JPEG pictures show"))
    searched = add("neighbors", neighbors.neighbors, "the right digits nearest to each mistake")
    searched.add_argument("evaluation", metavar="EVALUATION", type=Path, help="its .npz file; theirs is put beside it")
    source = searched.add_mutually_exclusive_group()
    source.add_argument("--data", help="auto, emnist, synthetic or a path (what the file's run was trained on)")
    source.add_argument("--data-of", metavar="CHECKPOINT", type=Path, help="what this checkpoint was trained on")
    _add_json(searched, "one object on stdout")
    serve.add_options(add("serve", serve.serve, "the app as a web page, on this machine only"))
    add("settings", settings.settings, "the app's settings as they are, to edit and to keep")
    data.add_actions(add("data", data.status, "which data is there, and getting it"))
    completion.add_options(
        add(
            "completion",
            lambda given: completion.completion(given.shell, parser),
            "what makes a shell complete all this",
        )
    )
    return list(commands.choices), parser


def _add_root(parser: argparse.ArgumentParser, default: Any = None) -> None:
    parser.add_argument("--checkpoints", metavar="DIR", default=default, help="the home of runs (checkpoints)")


def _add_low_bandwidth(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--low-bandwidth", action="store_true", help="the app sends at most about 3 kB a second")


def _add_json(parser: argparse.ArgumentParser, words: str) -> None:
    parser.add_argument("--json", action="store_true", help=words)


def _add_checkpoint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help=analysis.CHECKPOINT_HELP)
    _add_data(parser, "auto, emnist, synthetic or a path (what the checkpoint was trained on)")


def _add_data(parser: argparse.ArgumentParser, words: str) -> None:
    parser.add_argument("--data", help=words)
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"), help="(auto)")


def _add_train_options(parser: argparse.ArgumentParser) -> None:
    plain = TrainConfig()
    # No defaults here: with --resume, what is not given comes from the run.
    given: dict[str, Any] = {"default": argparse.SUPPRESS}
    parser.add_argument("--data", **given, help=f"auto, emnist, synthetic or a path ({plain.data})")
    parser.add_argument("--model", **given, help=f"({plain.model})")
    parser.add_argument("--epochs", type=int, **given, help=f"({plain.epochs})")
    parser.add_argument("--batch-size", type=int, **given, help=f"({plain.batch_size})")
    parser.add_argument("--learning-rate", type=float, **given, help=f"({plain.learning_rate})")
    parser.add_argument("--seed", type=int, **given, help=f"({plain.seed})")
    parser.add_argument("--device", **given, help=f"auto, cpu or cuda ({plain.device})")
    parser.add_argument("--threads", type=int, metavar="N", **given, help="CPU threads (what suits the network)")
    parser.add_argument("--validation", type=int, metavar="N", **given, help="images held out of train (0)")
    name = parser.add_mutually_exclusive_group()
    name.add_argument("--name", type=_run_name, metavar="RUN", help="the new run's name (the model's, numbered)")
    name.add_argument("--resume", metavar="RUN", help="go on with this run from its last checkpoint")
    parser.add_argument("--tensorboard", action="store_true", help="also write the run's tensorboard/ (an extra)")
    _add_json(parser, "the lines of events.jsonl on stdout")


def _run_name(text: str) -> str:
    if problem := explain_bad_run_name(text):
        raise argparse.ArgumentTypeError(f"a run's name {problem}, not {text!r}")
    return text


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"must be a whole number above 0, not {text!r}")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 1, not {text!r}")
    return share


def _app(options: argparse.Namespace) -> int:
    from emnist_tui.commands.app import run_app

    root = folder.checkpoints_root(options.checkpoints)
    return run_app(root, options.path, low_bandwidth=options.low_bandwidth)


def _train(options: argparse.Namespace) -> int:
    if options.tensorboard:
        tensorboard.require()
    root = folder.checkpoints_root(options.checkpoints)
    given = {name: getattr(options, name) for name in TrainConfig().to_json() if hasattr(options, name)}
    if "data" in given:
        given["data"] = analysis.absolute_if_path(given["data"])
    resumed = options.resume is not None
    if resumed:
        if refused := sorted(set(given) - _MAY_CHANGE):
            kept = refused[0].replace("_", " ")
            raise UsageError(f"A resumed run keeps its {kept}; only --epochs, --device and --threads may change.")
        run = folder.find_run(root, options.resume)
    else:
        run = folder.claim_folder(root, options.name, TrainConfig(**given))
        train.refuse_used(run)
    with run.held():
        if not resumed and run.exists():
            raise UsageError(f"Run {run.name} exists already; choose another --name.")
        return train.train_in(run, given, resumed=resumed, as_json=options.json, for_tensorboard=options.tensorboard)


def _runs(options: argparse.Namespace) -> int:
    root = folder.checkpoints_root(options.checkpoints)
    entries = [*map(listing.describe_run, folder.run_folders(root))]
    if bare := folder.bare_checkpoints(root):
        from emnist_tui.learning.inference.evaluate import describe_checkpoint

        entries += [describe_checkpoint(path) for path in bare]
    if options.json:
        print(json.dumps([entry.to_json() for entry in entries]))
    elif entries:
        console.print_runs(entries)
    else:
        print(f"emnist-tui: no runs in {printable(str(root))} yet; `emnist-tui train` makes one.", file=sys.stderr)
    return ExitCode.DONE


def _control(options: argparse.Namespace) -> int:
    run = folder.find_run(folder.checkpoints_root(options.checkpoints), options.run)
    if not run.is_training():
        if listing.describe_run(run).state == RunState.FINISHED:
            raise EmnistTuiError(
                f"Run {run.name} has finished; train it further by `emnist-tui train --resume {run.name} --epochs N`."
            )
        raise EmnistTuiError(
            f"Run {run.name} is not training; go on with it by `emnist-tui train --resume {run.name}`."
        )
    try:
        match options.asked:
            case "pause":
                control.ask_for(run.control, control.Desired.PAUSE)
            case "resume":
                control.ask_for(run.control, control.Desired.RUN)
            case "stop":
                control.ask_for(run.control, control.Desired.STOP)
            case "save":
                control.ask_for_save(run.control)
    except OSError as error:
        raise folder.unwritable(run.path, error) from None
    if options.json:
        print(run.control.read_text())
    return ExitCode.DONE

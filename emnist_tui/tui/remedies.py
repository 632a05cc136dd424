"""Advice of the command line, in the words of the app."""

import re

from emnist_tui.tui.keymap import Keymap

_REMEDIES = (
    (r"`emnist-tui runs` lists (?:the runs|runs and checkpoints)\.", r"{runs} lists what there is."),
    (r"Start a new run with a --learning-rate below (\S+)\.", r"Press {new} to train with a learning rate below \1."),
    (r", then resume with --resume [^ ]+\.", r", then resume the run."),
    (r"resume with --epochs \S+ or more\.", r"press {longer} to train longer."),
    (r"resume with --patience \S+ or more, or 0 for all epochs\.", r"press {longer} to train longer."),
    (r"; hold out images with --validation\.", r"; hold out validation images."),
    (r"resume with the original data, by --data if it has moved, ", r"put the original data back, "),
    (r"resume the run with `emnist-tui train --resume [^`]+ --data PATH`", r"put it back"),
    (r"give its new place with --data", r"put it back"),
    (r"; give the former with --data\.", r"."),
    (r"choose its data with --data, or evaluate", r"evaluate"),
    (r"evaluate both checkpoints with the same --data\.", r"evaluate both on the same data."),
    (r"use --device cpu\.", r"use the CPU."),
    (
        r"[Rr]esume the run from its last checkpoint with `emnist-tui train --resume [^`]+ --device cpu`",
        r"Press {start} to resume the run from its last checkpoint on the CPU",
    ),
    (
        r"[Rr]esume the run from its last checkpoint with `emnist-tui train --resume [^`]+`",
        r"Press {start} to resume the run from its last checkpoint",
    ),
    (r"resume with --device cpu\.", r"resume on the CPU."),
    (r"([Tt])rain with --device cpu", r"\1rain on the CPU"),
    (r"([Tt])rain with a smaller --batch-size", r"\1rain with smaller batches"),
    (r"choose another --name, or resume it with `--resume [^`]+`\.", r"choose another name."),
    (r"choose another --name\.", r"choose another name."),
    (
        r"whose file is not run unless you name it; add `--model [^`]+`\.",
        r"whose file is not run unless you agree: press {test}.",
    ),
    (r"; name the file as it was with --model, or", r"; name the file as it was, or"),
    (r"; name its file with --model FILE\.py:NAME\.", r"; name its file."),
    (r"give --model twice, of A, then of B\.", r"compare each with another one."),
    (r"; leave out --model\.", r"; no file is run for it."),
    (r"; hold some out with --validation N\.", r"; hold out validation images."),
    (r"; train them anew with one --data\.", r"; train them anew on the same data."),
    (r"; train more with --seeds\.", r"; train more seeds."),
    (r"; give --prune none\.", r"; choose no pruning."),
    (r"search at random with --sampler random\.", r"search at random."),
    (r"; name it with --vary, such as --vary (\S+)\.", r"; name it, such as \1."),
    (r"; join its values in one --vary\.", r"; join its values."),
    (r"^--vary takes ", r"Give "),
    (r"^--vary ", r""),
    (r"Start the ranks again with --resume [^ ]+\.", r"Start the ranks again."),
    (r"; choose --device cpu\.", r"; choose the CPU."),
    (r"; choose --split test or train\.", r"; choose a digit of test or train."),
    (r"; choose --index from 0 to (\S+)\.", r"; choose an index from 0 to \1."),
    (r"use them where they are, with --data (.+)\.", r"train on them where they are, by the data \1."),
)
"""Patterns of advice that names options, and what the app offers instead; keys in braces."""


def in_the_app(sentence: str, keys: Keymap) -> str:
    """Return a sentence whose advice the app can follow.

    Sentences of the rooms below and of processes name options of commands, which the app does not have.
    """
    for pattern, remedy in _REMEDIES:
        named = re.sub(r"\{(\w+)\}", lambda match: _escaped(keys.label(match[1])), remedy)
        sentence = re.sub(pattern, named, sentence)
    return sentence


def _escaped(label: str) -> str:
    """Escape a key's label for the replacement of a pattern."""
    return label.replace("\\", r"\\")

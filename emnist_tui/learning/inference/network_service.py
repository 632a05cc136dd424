"""Networks opened and computed for the app, which has no torch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from emnist_tui.analysis.network.shapes import can_compute
from emnist_tui.learning.data.digits import OnPhase
from emnist_tui.learning.inference.examine import examine
from emnist_tui.learning.inference.input_format import PLAIN, InputFormat
from emnist_tui.learning.inference.network_graph import OUTPUT, evaluating, to_network
from emnist_tui.learning.inference.restore import needs_images, read_checkpoint, restore_network
from emnist_tui.learning.inference.tracing.calls import Recorder
from emnist_tui.learning.inference.training_data import load_training_data
from emnist_tui.learning.inference.upright_network import lay, upright
from emnist_tui.learning.models.device import choose_device, choose_threads
from emnist_tui.learning.models.registry import load_definition
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.foreign_weights import ForeignWeights
from emnist_tui.runs.frames import Arrays, Frame
from emnist_tui.runs.models import model_label

_Subject = tuple[str | None, ForeignWeights, int]


class NetworkService:
    """The network that was asked for last."""

    def __init__(self, on_phase: OnPhase) -> None:
        """Call `on_phase` with what takes time."""
        self._on_phase = on_phase
        self._subject: _Subject | None = None
        choose_threads(None, choose_device("cpu"))

    def open(self, content: Mapping[str, Any]) -> Frame:
        """Answer with the network of a checkpoint or file.

        Raises `EmnistTuiError`, such as `NetworkNeededError`.
        """
        self._load(content)
        network = self._network
        described = {
            **self._described,
            "nodes": network.graph.to_json(),
            "scale": [network.scale.factor, network.scale.offset],
            "needs_torch": self._needs_torch,
            "orientation": str(self._orientation),
        }
        return Frame(described, {f"weights/{key}": weight for key, weight in network.weights.items()})

    def examine(self, content: Mapping[str, Any], arrays: Arrays) -> Frame:
        """Answer with all values and gradients of a network for an image.

        The weights in the request take the place of those of the checkpoint. Raises `EmnistTuiError`.
        """
        self._load(content)
        self._take_weights(arrays)
        image = lay(arrays["image"].astype(np.uint8), self._orientation)
        passed = examine(self._model, image, content["true"], self._network)
        kinds = {"values": passed.values, "gradients": passed.gradients, "weight_gradients": passed.weight_gradients}
        return Frame({}, {f"{kind}/{name}": each for kind, found in kinds.items() for name, each in found.items()})

    def logits(self, content: Mapping[str, Any], arrays: Arrays) -> Frame:
        """Answer with the logits of images, [N, 10].

        Raises `EmnistTuiError`, also if one is not finite.
        """
        self._load(content)
        self._take_weights(arrays)
        with evaluating(self._model), torch.inference_mode():
            logits = self._model(self._input(arrays["images"])).double().cpu().numpy()
        if not np.isfinite(logits).all():
            raise EmnistTuiError("The network's outputs are not finite numbers; use an earlier checkpoint.")
        return Frame({}, {"logits": logits})

    def values(self, content: Mapping[str, Any], arrays: Arrays) -> Frame:
        """Answer with the values of images, float32, by node.

        Raises `EmnistTuiError` if they take other steps than those of the graph.
        """
        self._load(content)
        self._take_weights(arrays)
        count = len(arrays["images"])
        images = np.concatenate([arrays["images"]] * (2 if count == 1 else 1))  # see `examine`
        with evaluating(self._model), torch.no_grad():
            recorder = Recorder(self._model, len(images))
            logits = recorder.run(self._input(images))
        found = {call.name: call.output for call in recorder.calls} | {OUTPUT: logits}
        names = [node.name for node in self._network.graph.nodes]
        if not set(names) <= found.keys():
            raise EmnistTuiError("The network computes these images in other steps than others.")
        return Frame({}, {name: found[name][:count].float().cpu().numpy() for name in names})

    def _input(self, images: NDArray[Any]) -> Tensor:
        """Return the network's input of upright images, uint8 [N, 28, 28]."""
        laid = torch.from_numpy(lay(images.astype(np.uint8), self._orientation))
        return laid[:, None].float() / 255 * self._network.scale.factor + self._network.scale.offset

    def _take_weights(self, arrays: Arrays) -> None:
        """Load the weights of a request."""
        state = self._model.state_dict()
        for name, weight in arrays.items():
            key = name.removeprefix("weights/")
            if key == name:
                continue
            if key not in state or tuple(state[key].shape) != weight.shape:
                raise EmnistTuiError("The weights are not those of this network; open it again.")
            state[key].copy_(torch.from_numpy(np.array(weight)))

    def _load(self, content: Mapping[str, Any]) -> None:
        """Load the network of a request, unless it is loaded."""
        path, foreign = content["checkpoint"], ForeignWeights(**content["foreign"])
        subject = path, foreign, _version(path or (foreign.network or "").rpartition(":")[0])
        if subject == self._subject:
            return
        self._subject = None
        if path:
            self._restore(Path(path), foreign)
        else:
            self._build(foreign)
        self._subject = subject

    def _restore(self, path: Path, foreign: ForeignWeights) -> None:
        checkpoint = read_checkpoint(path, foreign)
        train = None
        if needs_images(checkpoint, foreign):
            train = load_training_data(checkpoint, path, self._on_phase).train
        restored = restore_network(path, checkpoint, foreign, train)
        training, trained_on = checkpoint.training, restored.input
        self._described: dict[str, Any] = {
            "model": checkpoint.model,
            "epoch": training.progress.epoch if training else None,
            "step": training.progress.step if training else None,
            "input": "" if training else f"{trained_on.orientation}, {trained_on.scaling.formula}",
            "warning": restored.warning,
        }
        self._keep(restored.model, trained_on)

    def _build(self, foreign: ForeignWeights) -> None:
        if not foreign.network:
            raise UsageError("There is no network to open; name a checkpoint.")
        model = load_definition(foreign.network).build()
        self._described = {
            **dict.fromkeys(("epoch", "step", "warning")),
            "model": model_label(foreign.network),
            "input": "",
        }
        self._keep(model, PLAIN)

    def _keep(self, model: nn.Module, trained_on: InputFormat) -> None:
        """Trace a network and turn it upright, if that is possible."""
        self._on_phase("examining the network")
        network = to_network(model.eval(), trained_on)
        self._needs_torch = not can_compute(network)
        turned = None if self._needs_torch else upright(network, trained_on.orientation)
        self._orientation = PLAIN.orientation if turned else trained_on.orientation
        self._needs_torch |= turned is None
        self._model, self._network = model, turned or network


def _version(path: str) -> int:
    """Return the time of a file's last change, 0 without one."""
    try:
        return Path(path).stat().st_mtime_ns if path else 0
    except OSError:
        return 0

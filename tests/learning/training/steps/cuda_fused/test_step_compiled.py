"""The kernels compiled for cards that need not be here."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from emnist_tui.learning.training.optimizer import ADAM_BETAS, EPSILON

triton = pytest.importorskip("triton", reason="Triton is not installed; on Linux the extra `test` brings it")
if os.environ.get("TRITON_INTERPRET") == "1":
    pytest.skip("Triton interprets in this process, and compiles nothing", allow_module_level=True)

from triton.backends.compiler import GPUTarget  # noqa: E402
from triton.compiler import ASTSource  # noqa: E402

from emnist_tui.learning.training.steps.cuda_fused import step  # noqa: E402
from emnist_tui.learning.training.steps.cuda_fused.kernels.gradient import gradient_kernel  # noqa: E402
from emnist_tui.learning.training.steps.cuda_fused.kernels.update import update_kernel  # noqa: E402

POINTERS = {
    "*u8": ["images"],
    "*i32": ["begun", "image_correct"],
    "*i64": ["labels", "order", "routes", "cursor", "correct"],
    "*fp32": [
        *("coefficients", "values", "mean", "square", "count", "diverged", "begun_with", "gradients"),
        *("image_losses", "losses", "floats"),
    ],
}
TYPES = {name: kind for kind, names in POINTERS.items() for name in names} | {"batch": "i32", "total": "i32"}
ADAM = {
    "mean_weight": 1 - ADAM_BETAS[0],
    "square_decay": ADAM_BETAS[1],
    "square_weight": 1 - ADAM_BETAS[1],
    "epsilon": EPSILON,
}


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))


def compile_kernel(kernel: Any, capability: int, warps: int, **constants: float) -> Any:
    """Compile as a launch does that finds every pointer aligned to 16 bytes."""
    names = kernel.arg_names
    signature = {name: "constexpr" if name in constants else TYPES[name] for name in names}
    aligned = [(index,) for index, name in enumerate(names) if signature[name].startswith("*")]
    source = ASTSource(
        kernel,
        signature,
        {(names.index(name),): value for name, value in constants.items()},
        {key: [["tt.divisibility", 16]] for key in aligned},
    )
    options = {"num_warps": warps, "enable_fp_fusion": True}
    return triton.compile(source, target=GPUTarget("cuda", capability, 32), options=options)


def assert_runs_in_registers(compiled: Any, capability: int, folder: Path) -> None:
    """Require machine code without atomics or spilled registers, of which a multiprocessor holds four programs."""
    assert compiled.asm["cubin"].startswith(b"\x7fELF")
    assert f".target sm_{capability}" in compiled.asm["ptx"]
    assert not re.search(r"\b(atom|red)\.", compiled.asm["ptx"])
    file = folder / "kernel.cubin"
    file.write_bytes(compiled.asm["cubin"])
    tool = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"
    done = subprocess.run([tool, "--dump-resource-usage", file], capture_output=True, text=True, check=True)
    usage = {name: int(value) for name, value in re.findall(r"(REG|STACK|LOCAL):(\d+)", done.stdout)}
    print(f"sm_{capability}: {usage}, {compiled.metadata.shared} bytes shared")
    assert usage["STACK"] == usage["LOCAL"] == 0
    assert usage["REG"] <= 128


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("capability", [80, 90])
def test_the_gradient_kernel_compiles_with_its_barriers(capability: int, tmp_path: Path) -> None:
    compiled = compile_kernel(gradient_kernel, capability, warps=4)
    assert_runs_in_registers(compiled, capability, tmp_path)
    assert len(re.findall(r"gpu\.barrier|ttg\.barrier", compiled.asm["ttgir"])) == 4


@pytest.mark.parametrize("capability", [80, 90])
@pytest.mark.parametrize("tile", [step._SMALL_TILE, step._LARGE_TILE], ids=["small", "large"])
def test_the_update_kernel_compiles(tile: dict[str, int], capability: int, tmp_path: Path) -> None:
    sizes = {"rows": tile["rows"], "columns": tile["columns"]}
    compiled = compile_kernel(update_kernel, capability, warps=tile["num_warps"], **sizes, **ADAM)
    assert_runs_in_registers(compiled, capability, tmp_path)

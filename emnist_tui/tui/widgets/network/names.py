"""Short names of operations, as people write them."""

ACTIVATIONS = {
    "relu": "ReLU", "relu6": "ReLU6", "leaky_relu": "leaky ReLU", "elu": "ELU", "sigmoid": "σ", "tanh": "tanh",
    "silu": "SiLU", "mish": "Mish", "gelu": "GELU", "hardswish": "hardswish", "hardsigmoid": "hardsigmoid",
    "hardtanh": "hardtanh", "softplus": "softplus",
}  # fmt: skip
_OTHERS = {
    "batch_norm": "norm", "layer_norm": "norm", "group_norm": "norm", "max_pool": "pool", "avg_pool": "mean pool",
    "add": "+", "multiply": "×",
}  # fmt: skip


def title_of(operation: str) -> str:
    """Return a short name of an operation."""
    return ACTIVATIONS.get(operation) or _OTHERS.get(operation) or operation.replace("_", " ")

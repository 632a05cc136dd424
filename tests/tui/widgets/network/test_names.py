"""Names of operations."""

from emnist_tui.tui.widgets.network.names import title_of


def test_operations_have_short_names() -> None:
    names = [title_of(operation) for operation in ("relu", "sigmoid", "batch_norm", "avg_pool", "log_softmax")]
    assert names == ["ReLU", "σ", "norm", "mean pool", "log softmax"]

"""The same training in JAX, which comes with the extra `benchmark`."""

import time

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from emnist_tui.learning.data.dataset import Split
from tests.benchmarks.contenders import BATCH_SIZE, Train


def jax_scan(split: Split, batch_size: int = BATCH_SIZE) -> Train:
    """Build a jitted `lax.scan` over the batches, which the first turn compiles."""
    key = jax.random.key(0)
    images = jnp.asarray(split.images.unsqueeze(-1).cpu().numpy())
    labels = jnp.asarray(split.labels.cpu().numpy(), jnp.int32)

    def uniform(shape, fan_in, number):
        return jax.random.uniform(jax.random.fold_in(key, number), shape, minval=-1, maxval=1) / np.sqrt(fan_in)

    shapes = [((5, 5, 1, 2), 25), ((2,), 25), ((3, 3, 2, 4), 18), ((4,), 18), ((100, 10), 100), ((10,), 100)]
    weights = [uniform(shape, fan_in, number) for number, (shape, fan_in) in enumerate(shapes)]

    def convolve(x, kernel, bias):
        return lax.conv_general_dilated(x, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")) + bias

    def pool(x):
        return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    def loss_of(weights, x, y):
        x = pool(jax.nn.relu(convolve(x, weights[0], weights[1])))
        x = pool(jax.nn.sigmoid(convolve(x, weights[2], weights[3])))
        logits = x.reshape(len(x), -1) @ weights[4] + weights[5]
        losses = -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1)
        return losses.mean(), (logits.argmax(1) == y).mean()

    def step(state, indices):
        weights, mean, square, count = state
        x = images[indices].astype(jnp.float32) / 255
        (loss, accuracy), gradient = jax.value_and_grad(loss_of, has_aux=True)(weights, x, labels[indices])
        count = count + 1
        mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, gradient)
        square = jax.tree.map(lambda s, g: 0.999 * s + 0.001 * g * g, square, gradient)
        rate = 0.01 * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        weights = jax.tree.map(lambda w, m, s: w - rate * m / (jnp.sqrt(s) + 1e-8), weights, mean, square)
        return (weights, mean, square, count), (loss, accuracy)

    run = jax.jit(lambda state, order: lax.scan(step, state, order))
    zeros = [jnp.zeros_like(weight) for weight in weights]
    state = (weights, zeros, zeros, jnp.zeros(()))
    generator = np.random.default_rng(0)

    def train(steps: int) -> float:
        nonlocal state
        order = jnp.asarray(generator.permutation(len(labels))[: steps * batch_size].reshape(steps, batch_size))
        start = time.perf_counter()
        state, metrics = run(state, order)
        jax.block_until_ready(metrics)
        return time.perf_counter() - start

    return train

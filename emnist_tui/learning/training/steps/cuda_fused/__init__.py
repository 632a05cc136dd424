"""The baseline's optimizer step as two Triton kernels.

A step of 32 images is a few million multiplications. They take a card far less time than launching the kernels of every
layer, and passing their maps through memory. Here one kernel computes each image's gradient, from pixels to weights,
and a second sums the gradients over the batch and applies Adam:

    gradient   grid (batch size, 3)   kernels/gradient.py, with forward.py and backward.py
    update     grid (36 or 143)       kernels/update.py

Nothing is summed by atomic operations, so a step is deterministic. The host passes nothing that changes from step to
step: the position in the epoch lies on the card, so one CUDA graph of any number of steps fits every place in an epoch.

Triton comes with torch's CUDA builds; only `step`, `self_check` and `kernels` import it.
"""

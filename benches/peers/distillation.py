"""Distillation of one student: draw 32 of 10,000 observations and their Q-values, KL divergence at temperature 0.01,
centred RMSProp; plain PyTorch, in both layouts of its convolutions."""

import numpy
import torch
from torch.nn.functional import kl_div, log_softmax, softmax

from comparison import Comparison, once, rate
from networks import SIZES, FromBytes, network

MEMORY, BATCH, ACTIONS, TEMPERATURE = 10_000, 32, 4, 0.01


def learner(size, memory, values, channels_last, seconds):
    generator = numpy.random.default_rng(1)
    student = FromBytes(network(size, ACTIONS), channels_last)
    optimizer = torch.optim.RMSprop(student.parameters(), lr=2.5e-4, alpha=0.95, eps=1e-5, centered=True)

    def update():
        drawn = generator.integers(0, MEMORY, size=BATCH)
        x, q = torch.from_numpy(memory[drawn]), torch.from_numpy(values[drawn])
        loss = kl_div(log_softmax(student(x), 1), softmax(q / TEMPERATURE, 1), reduction="batchmean")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return lambda: rate(once(update), seconds)


def comparisons(seconds):
    generator = numpy.random.default_rng(0)
    memory = generator.integers(0, 256, size=(MEMORY, 4, 84, 84), dtype=numpy.uint8)
    values = generator.normal(size=(MEMORY, ACTIONS)).astype(numpy.float32)
    for size in SIZES:
        yield Comparison(
            f"distillation, {size}",
            "updates/s",
            ["distillation", "--games", "breakout", "--only", size],
            {
                "PyTorch": learner(size, memory, values, False, seconds),
                "PyTorch, channels last": learner(size, memory, values, True, seconds),
            },
        )

"""Writes transformer.json: log-probabilities, a loss, its gradient and AdamW's steps of a small transformer, in plain PyTorch.

    PYTHONPATH=~/.cache/policy-distillation/torch-2.11.0-cpu python3 tests/explanations/transformer.py
"""

import json
import math
import os

import torch
import torch.nn.functional as F

VOCABULARY, WIDTH, LAYERS, HEADS, TEMPERATURE = 11, 16, 2, 2, 0.7
SHAPES = [(VOCABULARY, WIDTH)]
for _ in range(LAYERS):
    SHAPES += [(WIDTH,), (3 * WIDTH, WIDTH), (WIDTH, WIDTH), (WIDTH,), (4 * WIDTH, WIDTH), (WIDTH, 4 * WIDTH)]
SHAPES += [(WIDTH,), (VOCABULARY, WIDTH)]


def rotate(x):
    half = x.shape[-1] // 2
    angle = torch.arange(x.shape[-2])[:, None] * 10000.0 ** (-torch.arange(half) / half)
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()], -1)


def logits(parameters, tokens):
    p = iter(parameters)
    x = next(p)[tokens]
    batch, length, _ = x.shape
    for _ in range(LAYERS):
        mixed = F.layer_norm(x, (WIDTH,), next(p)) @ next(p).T
        q, k, v = (part.view(batch, length, HEADS, -1).transpose(1, 2) for part in mixed.split(WIDTH, -1))
        q, k = rotate(q), rotate(k)
        scores = q @ k.transpose(-1, -2) / math.sqrt(WIDTH // HEADS)
        scores = scores.masked_fill(torch.ones(length, length).triu(1).bool(), -math.inf)
        attended = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, length, WIDTH)
        x = x + attended @ next(p).T
        x = x + F.gelu(F.layer_norm(x, (WIDTH,), next(p)) @ next(p).T, approximate="tanh") @ next(p).T
    return F.layer_norm(x, (WIDTH,), next(p)) @ next(p).T


def main():
    count = sum(math.prod(shape) for shape in SHAPES)
    flat = (torch.arange(count, dtype=torch.float64) * 0.7).sin() * 0.3
    parameters, start = [], 0
    for shape in SHAPES:
        length = math.prod(shape)
        parameters.append(flat[start : start + length].view(shape).float().requires_grad_())
        start += length
    rows = [[1, 5, 2, 9, 10, 0, 3], [4, 4, 8, 7, 6]]
    counts = [[0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 1]]
    tokens = torch.tensor([row + [0] * (7 - len(row)) for row in rows])
    weights = torch.tensor([row[1:] + [0] * (7 - len(row)) for row in counts])

    def log_probabilities(temperature):
        tempered = (logits(parameters, tokens[:, :-1]) / temperature).log_softmax(-1)
        return tempered.gather(-1, tokens[:, 1:, None])[..., 0]

    optimizer = torch.optim.AdamW(parameters, lr=0.01, betas=(0.9, 0.95), weight_decay=0.1)
    losses, before = [], log_probabilities(TEMPERATURE).tolist()
    gradient = None
    for _ in range(3):
        loss = -(log_probabilities(1.0) * weights).sum() / weights.sum()
        optimizer.zero_grad()
        loss.backward()
        gradient = gradient or [value for p in parameters for value in p.grad.flatten().tolist()][:40]
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        losses.append(loss.item())
    out = {
        "size": {"vocabulary": VOCABULARY, "width": WIDTH, "layers": LAYERS, "heads": HEADS},
        "rows": rows,
        "counts": counts,
        "temperature": TEMPERATURE,
        "log_probabilities": before,
        "losses": losses,
        "first_of_gradient": gradient,
    }
    with open(os.path.join(os.path.dirname(__file__), "transformer.json"), "w") as file:
        json.dump(out, file, indent=1)
        file.write("\n")


main()

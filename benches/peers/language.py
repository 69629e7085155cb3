"""A decoder-only transformer as src/nn/language has it, in plain PyTorch: rotary positions, layer norms before each part, no
biases. Generation draws 32 tokens for 128 prompts of 19 at temperature 0.7 with a cache; training is cross-entropy over 96
texts of 50 tokens with AdamW and clipped gradients."""

import torch
import torch.nn.functional as F

from comparison import Comparison, rate

VOCABULARY = 23
SIZES = {"0.15 M": (64, 3, 4), "0.6 M": (128, 3, 4), "4 M": (256, 5, 8)}
TEXTS, PROMPT, DRAWN = 128, 19, 32
BATCH, LENGTH = 96, 50


def rotations(positions, head):
    half = head // 2
    angles = torch.arange(positions)[:, None] * 10000.0 ** (-torch.arange(half) / half)
    return torch.cat([angles.cos()] * 2, 1), torch.cat([-angles.sin(), angles.sin()], 1)


def rotated(x, cosines, sines):
    return x * cosines + torch.cat(x.chunk(2, -1)[::-1], -1) * sines


class Block(torch.nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.attention_norm = torch.nn.LayerNorm(width, bias=False)
        self.attention = torch.nn.Linear(width, 3 * width, bias=False)
        self.projection = torch.nn.Linear(width, width, bias=False)
        self.wide_norm = torch.nn.LayerNorm(width, bias=False)
        self.wide = torch.nn.Linear(width, 4 * width, bias=False)
        self.narrow = torch.nn.Linear(4 * width, width, bias=False)

    def forward(self, x, start, cosines, sines, cache):
        batch, length, width = x.shape
        mixed = self.attention(self.attention_norm(x)).view(batch, length, 3, self.heads, -1)
        q, k, v = mixed.permute(2, 0, 3, 1, 4)
        q, k = rotated(q, cosines, sines), rotated(k, cosines, sines)
        if cache is not None:
            keys, values = cache
            keys[:, :, start : start + length], values[:, :, start : start + length] = k, v
            k, v = keys[:, :, : start + length], values[:, :, : start + length]
        attended = F.scaled_dot_product_attention(q, k, v, is_causal=length > 1)
        x = x + self.projection(attended.transpose(1, 2).reshape(batch, length, width))
        return x + self.narrow(F.gelu(self.wide(self.wide_norm(x)), approximate="tanh"))


class Transformer(torch.nn.Module):
    def __init__(self, width, layers, heads):
        super().__init__()
        self.embedding = torch.nn.Embedding(VOCABULARY, width)
        self.blocks = torch.nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = torch.nn.LayerNorm(width, bias=False)
        self.output = torch.nn.Linear(width, VOCABULARY, bias=False)
        self.cosines, self.sines = rotations(256, width // heads)

    def forward(self, tokens, start=0, caches=None):
        x, end = self.embedding(tokens), start + tokens.shape[1]
        for block, cache in zip(self.blocks, caches or [None] * len(self.blocks)):
            x = block(x, start, self.cosines[start:end], self.sines[start:end], cache)
        return self.output(self.norm(x))


def generator(size, seconds):
    width, layers, heads = SIZES[size]
    model = Transformer(width, layers, heads)
    prompts = torch.randint(VOCABULARY, (TEXTS, PROMPT))

    @torch.inference_mode()
    def generate():
        shape = (TEXTS, heads, PROMPT + DRAWN, width // heads)
        caches = [(torch.zeros(shape), torch.zeros(shape)) for _ in range(layers)]
        tokens, start = prompts, 0
        for _ in range(DRAWN):
            logits = model(tokens, start, caches)[:, -1]
            start += tokens.shape[1]
            tokens = torch.multinomial((logits / 0.7).softmax(-1), 1)
        return TEXTS * DRAWN

    return lambda: rate(generate, seconds)


def learner(size, seconds):
    model = Transformer(*SIZES[size])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=1e-4)
    texts = torch.randint(VOCABULARY, (BATCH, LENGTH))

    def update():
        logits = model(texts[:, :-1])
        loss = F.cross_entropy(logits.reshape(-1, VOCABULARY), texts[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return BATCH * LENGTH

    return lambda: rate(update, seconds)


def comparisons(seconds):
    for work, measure in (("generation", generator), ("training", learner)):
        for size in SIZES:
            yield Comparison(
                f"{work}, {size}",
                "tokens/s",
                ["language", "--only", f"{work}, {size}"],
                {"PyTorch": measure(size, seconds)},
            )

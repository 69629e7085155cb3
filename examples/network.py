"""A network of policy-distillation in PyTorch: convolutional or dense, with normalised layers or without, for one game or for
several, with weights of 32, 16 or 8 bits.

    pip install torch safetensors
    python3 examples/network.py WEIGHTS.safetensors [GAME]    # of a network for screens: the outputs for a black one
"""

import sys

import torch
from safetensors import safe_open
from torch.nn import functional

STRIDES = {"conv1": 4, "conv2": 2, "conv3": 1}


class Network:
    def __init__(self, path):
        with safe_open(path, "pt") as file:
            self.metadata = file.metadata()
            self.tensors = {name: file.get_tensor(name).float() for name in file.keys()}
        # In 8 bits a row of weights holds multiples of the row's scale.
        for name in [name for name in self.tensors if name.endswith(".scale")]:
            weight = self.tensors[name.removesuffix(".scale")]
            weight *= self.tensors.pop(name).view(-1, *[1] * (weight.dim() - 1))
        layers = {name.removesuffix(".weight") for name in self.tensors if name.endswith(".weight")}
        shared = [name for name in layers if name.startswith(("conv", "fc")) and not name.endswith(".norm")]
        self.shared = sorted(shared, key=lambda name: (name[0], int(name.lstrip("convf"))))

    def layer(self, name, x):
        weight, bias = (self.tensors[f"{name}.{part}"] for part in ("weight", "bias"))
        if weight.dim() == 4:
            x = functional.conv2d(x, weight, bias, STRIDES[name])
        else:
            x = functional.linear(x.flatten(1), weight, bias)
        if f"{name}.norm.weight" in self.tensors:
            gain, shift = (self.tensors[f"{name}.norm.{part}"] for part in ("weight", "bias"))
            x = functional.layer_norm(x, x.shape[1:], gain, shift)
        return x

    def __call__(self, observations, game=None):
        """Q-values, or logits of students by KL and NLL. Screens are bytes (batch, 4, 84, 84), the oldest first."""
        x = observations / 255 if observations.dtype == torch.uint8 else observations
        for name in self.shared:
            x = torch.relu(self.layer(name, x))
        if game is None:
            return self.layer("output", x)
        return self.layer(f"heads.{game}.output", torch.relu(self.layer(f"heads.{game}.fc", x)))


if __name__ == "__main__":
    network = Network(sys.argv[1])
    # ALE's actions, in the order of the outputs; of a network for several games, those of each.
    print(network.metadata.get("actions") or network.metadata["games"])
    print(network(torch.zeros(1, 4, 84, 84, dtype=torch.uint8), *sys.argv[2:]).tolist()[0])

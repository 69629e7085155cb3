"""The paper's networks in PyTorch."""

import torch
from torch import nn

SIZES = {
    "teacher": (32, 64, 64, 512),
    "net1": (16, 32, 32, 256),
    "net2": (16, 16, 16, 128),
    "net3": (16, 16, 16, 64),
}


def network(size, actions=4, norm=lambda shape: []):
    """Outputs for floats between 0 and 1, [batch, 4, 84, 84]. `norm` gives what stands between a layer and its ReLU."""
    one, two, three, hidden = SIZES[size]
    return nn.Sequential(
        *[nn.Conv2d(4, one, 8, 4), *norm([one, 20, 20]), nn.ReLU()],
        *[nn.Conv2d(one, two, 4, 2), *norm([two, 9, 9]), nn.ReLU()],
        *[nn.Conv2d(two, three, 3, 1), *norm([three, 7, 7]), nn.ReLU()],
        *[nn.Flatten(), nn.Linear(49 * three, hidden), *norm([hidden]), nn.ReLU()],
        nn.Linear(hidden, actions),
    )


class FromBytes(nn.Module):
    """The same for the bytes of observations."""

    def __init__(self, network, channels_last=False):
        super().__init__()
        self.layout = torch.channels_last if channels_last else torch.contiguous_format
        self.network = network.to(memory_format=self.layout)

    def forward(self, x):
        return self.network(x.float().div_(255.0).contiguous(memory_format=self.layout))

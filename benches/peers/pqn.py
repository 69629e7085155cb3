"""PQN (Gallici et al., 2025) on Breakout, as CleanRL's pqn_atari_envpool.py: 8 environments of EnvPool, rollouts of 128
steps, Q(λ) targets from the values of the rollout, 4 epochs of 4 minibatches, LayerNorm over all that a layer gives, RAdam.
"""

import time

import numpy
import torch
from torch import nn

from comparison import Comparison
from emulation import envpool_env
from networks import FromBytes, network

ENVS, STEPS, EPOCHS, MINIBATCHES, ACTIONS = 8, 128, 4, 4, 4
GAMMA, LAMBDA, EPSILON, LEARNING_RATE, CLIP = 0.99, 0.65, 0.1, 2.5e-4, 10.0


def targets(rewards, values, ended, last_value):
    """G_t = r_t + γ (λ G_{t+1} + (1 − λ) max_a Q(s_{t+1}, a)) (1 − ended), all [steps, environments]. `values` are the
    highest Q-values of the states of the rollout, `last_value` that of the state after it."""
    returns, following, bootstrap = torch.empty_like(rewards), last_value, last_value
    for t in reversed(range(len(rewards))):
        mixed = LAMBDA * following + (1 - LAMBDA) * bootstrap
        returns[t] = rewards[t] + GAMMA * mixed * (1 - ended[t])
        following, bootstrap = returns[t], values[t]
    return returns


class Training:
    """A training in progress."""

    def __init__(self):
        torch.manual_seed(1)
        self.env = envpool_env("breakout", ENVS, episodic_life=True, use_fire_reset=True)
        self.network = FromBytes(network("teacher", ACTIONS, lambda shape: [nn.LayerNorm(shape)]))
        self.optimizer = torch.optim.RAdam(self.network.parameters(), lr=LEARNING_RATE)
        self.generator = numpy.random.default_rng(1)
        self.observations = self.env.reset()[0]
        self.x = torch.zeros(STEPS, ENVS, 4, 84, 84, dtype=torch.uint8)
        self.actions = torch.zeros(STEPS, ENVS, dtype=torch.long)
        self.rewards, self.ended, self.values = (torch.zeros(STEPS, ENVS) for _ in range(3))

    @torch.no_grad()
    def play(self):
        for t in range(STEPS):
            self.x[t] = torch.from_numpy(self.observations)
            self.values[t], greedy = self.network(self.x[t]).max(1)
            random = self.generator.integers(0, ACTIONS, size=ENVS)
            actions = numpy.where(self.generator.random(ENVS) < EPSILON, random, greedy.numpy())
            self.observations, rewards, terminated, truncated, _ = self.env.step(actions)
            self.actions[t] = torch.from_numpy(actions)
            self.rewards[t] = torch.from_numpy(rewards)
            self.ended[t] = torch.from_numpy(terminated | truncated).float()
        last_value = self.network(torch.from_numpy(self.observations)).max(1).values
        return targets(self.rewards, self.values, self.ended, last_value)

    def learn(self, returns):
        x, actions, returns = self.x.flatten(0, 1), self.actions.flatten(), returns.flatten()
        for _ in range(EPOCHS):
            for drawn in torch.randperm(len(x)).chunk(MINIBATCHES):
                q = self.network(x[drawn]).gather(1, actions[drawn].unsqueeze(1)).squeeze(1)
                loss = nn.functional.mse_loss(q, returns[drawn])
                self.optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
                self.optimizer.step()


def measure(training):
    """Agent steps per second of one rollout and its updates."""
    start = time.perf_counter()
    training.learn(training.play())
    return ENVS * STEPS / (time.perf_counter() - start)


def comparisons(seconds):
    training = Training()
    case = f"pqn, breakout, {ENVS} environments"
    yield Comparison(
        case,
        "agent steps/s",
        ["teacher", "--games", "breakout", "--envs", str(ENVS), "--only", case],
        {"PyTorch with EnvPool": lambda: measure(training)},
    )

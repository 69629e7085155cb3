"""DQN on Breakout: the Nature network, batch 32, one update per 4 agent steps, a replay of 20,000 steps."""

import time
import warnings

import ale_py
import gymnasium
from stable_baselines3 import DQN
from stable_baselines3.common.env_util import make_atari_env
from stable_baselines3.common.vec_env import VecFrameStack

from comparison import Comparison

WARM_UP = 1000
STEPS = 400  # of one measurement


def stable_baselines(envs):
    """Its settings count vector steps: with 8 environments, two updates after each are one per 4 agent steps."""
    gymnasium.register_envs(ale_py)
    warnings.simplefilter("ignore")
    env = VecFrameStack(make_atari_env("BreakoutNoFrameskip-v4", n_envs=envs, seed=1), n_stack=4)
    schedule = dict(train_freq=4, gradient_steps=1) if envs == 1 else dict(train_freq=1, gradient_steps=envs // 4)
    model = DQN(
        "CnnPolicy",
        env,
        buffer_size=20_000,
        learning_rate=1e-4,
        batch_size=32,
        learning_starts=WARM_UP,
        target_update_interval=10_000,
        exploration_initial_eps=0.9,
        exploration_final_eps=0.9,
        device="cpu",
        **schedule,
    )
    model.learn(WARM_UP)

    def measure():
        start = time.perf_counter()
        model.learn(STEPS, reset_num_timesteps=False)
        return STEPS / (time.perf_counter() - start)

    return measure


def comparisons(seconds):
    for envs in (1, 8):
        case = f"dqn, breakout, {envs} environment{'' if envs == 1 else 's'}"
        yield Comparison(
            case,
            "agent steps/s",
            ["teacher", "--games", "breakout", "--envs", str(envs), "--only", case],
            {"Stable-Baselines3": stable_baselines(envs)},
        )

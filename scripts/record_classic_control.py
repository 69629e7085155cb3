#!/usr/bin/env python3
"""Writes tests/golden/classic_control.json: steps of Gymnasium's CartPole-v1 and MountainCar-v0.

pip install gymnasium==1.4.0; python3 scripts/record_classic_control.py tests/golden/classic_control.json
"""

import json
import random
import sys

import gymnasium


def balance(state):
    """Keeps the pole up long enough for the time limit to end the episode."""
    return int(3 * state[2] + state[3] + 0.05 * state[0] + 0.1 * state[1] > 0)


def swing(state):
    """Pushes along with the speed, which reaches the flag."""
    return 2 if state[1] >= 0 else 0


def episode(name, seed, policy):
    env = gymnasium.make(name)
    chance = random.Random(seed)
    env.reset(seed=seed)
    states, actions, rewards = [list(map(float, env.unwrapped.state))], [], []
    while True:
        action = policy(states[-1]) if policy else chance.randrange(int(env.action_space.n))
        _, reward, terminated, truncated, _ = env.step(action)
        states.append(list(map(float, env.unwrapped.state)))
        actions.append(action)
        rewards.append(float(reward))
        if terminated or truncated:
            return {"states": states, "actions": actions, "rewards": rewards, "terminated": bool(terminated)}


def main():
    games = {
        "cartpole": ("CartPole-v1", balance),
        "mountain_car": ("MountainCar-v0", swing),
    }
    recorded = {"gymnasium": gymnasium.__version__}
    for game, (name, policy) in games.items():
        recorded[game] = [episode(name, 1, policy)] + [episode(name, seed, None) for seed in (2, 3)]
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(recorded, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()

"""Random play with preprocessing: 4 frames per step, the brighter of the last two, grey, 84×84, stacks of 4, up to 30
null-ops at a start, no sticky actions, games played to their end; 2 threads."""

import envpool
import numpy
from ale_py.vector_env import AtariVectorEnv

from comparison import THREADS, Comparison, rate

GAMES = ["breakout", "pong", "seaquest", "qbert"]
STEPS = 16  # between two looks at the clock


def envpool_env(game, envs, **settings):
    common = dict(stack_num=4, frame_skip=4, gray_scale=True, img_height=84, img_width=84, noop_max=30)
    settings = dict(dict(episodic_life=False, use_fire_reset=False), **settings)
    return envpool.make_gymnasium(
        f"{game.capitalize()}-v5",
        num_envs=envs,
        num_threads=THREADS,
        seed=1,
        reward_clip=True,
        repeat_action_probability=0.0,
        **common,
        **settings,
    )


def ale_env(game, envs):
    return AtariVectorEnv(
        game,
        num_envs=envs,
        num_threads=THREADS,
        episodic_life=False,
        reward_clipping=True,
        repeat_action_probability=0.0,
        stack_num=4,
        frameskip=4,
        grayscale=True,
        maxpool=True,
        noop_max=30,
        use_fire_reset=False,
    )


def player(env, envs, actions, seconds):
    generator = numpy.random.default_rng(1)
    env.reset()

    def steps():
        for _ in range(STEPS):
            observations = env.step(generator.integers(0, actions, size=envs))[0]
        assert observations.shape == (envs, 4, 84, 84) and observations.dtype == numpy.uint8
        return STEPS * envs

    return lambda: rate(steps, seconds)


def comparisons(seconds):
    for game in GAMES:
        for envs in (8, 16):
            pool, ale = envpool_env(game, envs), ale_env(game, envs)
            actions = int(pool.action_space.n)
            assert actions == int(ale.single_action_space.n)
            yield Comparison(
                f"emulation, {game}, {envs} environments",
                "agent steps/s",
                ["emulation", "--games", game, "--envs", str(envs)],
                {
                    "EnvPool": player(pool, envs, actions, seconds),
                    "ale-py AtariVectorEnv": player(ale, envs, actions, seconds),
                },
            )
            pool.close()
            ale.close()

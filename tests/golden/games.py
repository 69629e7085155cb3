"""Writes games/GAME.json beside this file: what ale-py and OpenCV give in the paper's ten games.

    python3 -m venv /tmp/golden
    /tmp/golden/bin/pip install ale-py==0.12.1 opencv-python-headless==5.0.0.93 numpy
    /tmp/golden/bin/python tests/golden/games.py

Protocol and fields: README.md beside this file.
"""

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
from ale_py import ALEInterface, LoggerMode, roms

GAMES = "beam_rider breakout enduro freeway ms_pacman pong qbert riverraid seaquest space_invaders".split()
STEPS = 1000
BEGIN_AGAIN = 500  # so that every game has a second episode
FRAME_SKIP = 4


def begin(ale, game):
    """What Gymnasium's `reset(seed=...)` does."""
    ale.loadROM(roms.get_rom_path(game))
    ale.reset_game()


def digest(*arrays):
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()[:8]


def shares(length):
    """How much of each source line each of the 84 target lines covers, in units of 1/84 of a source line."""
    source, target = np.arange(length), np.arange(84)[:, None]
    ends = np.minimum((target + 1) * length, (source + 1) * 84)
    return np.maximum(0, ends - np.maximum(target * length, source * 84))


def shrink(screen):
    """What INTER_AREA means, in whole numbers: the mean over the area of each pixel, half rounded to even."""
    height, width = screen.shape
    total = shares(height) @ screen.astype(np.int64) @ shares(width).T
    mean, rest = np.divmod(total, height * width)
    up = (2 * rest > height * width) | ((2 * rest == height * width) & (mean % 2 == 1))
    return (mean + up).astype(np.uint8)


def play(game):
    ale = ALEInterface()
    ale.setFloat("repeat_action_probability", 0.0)
    ale.setInt("random_seed", 1)
    begin(ale, game)
    actions, state = ale.getMinimalActionSet(), 12345
    steps, raw, observations, unequal = [], "", "", 0
    for i in range(STEPS):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        action = (state >> 33) % len(actions)
        reward, screens = 0, []
        for _ in range(FRAME_SKIP):
            reward += ale.act(actions[action])
            screens.append(ale.getScreenGrayscale())
        raw += digest(screens[-1], ale.getRAM())
        largest = np.maximum(screens[-2], screens[-1])
        observation = shrink(largest)
        observations += digest(observation)
        opencv = cv2.resize(largest, (84, 84), interpolation=cv2.INTER_AREA)
        difference = np.abs(observation.astype(int) - opencv)
        assert difference.max() <= 1
        unequal += int(difference.sum())
        steps.append((reward, ale.lives(), ale.game_over()))
        if ale.game_over() or i + 1 == BEGIN_AGAIN:
            begin(ale, game)
    lives = [step[1] for step in steps]
    return {
        "game": game,
        "rom_md5": hashlib.md5(Path(roms.get_rom_path(game)).read_bytes()).hexdigest(),
        "action_set": [action.value for action in actions],
        "rewards": [[i, step[0]] for i, step in enumerate(steps) if step[0]],
        "lives": [[i, lives[i]] for i in range(STEPS) if i == 0 or lives[i] != lives[i - 1]],
        "game_over": [i for i, step in enumerate(steps) if step[2]],
        "screens": raw,
        "observations": observations,
        "opencv_differs_by_one": unequal,
    }


def main():
    ALEInterface.setLoggerMode(LoggerMode.Error)
    folder = Path(__file__).resolve().parent / "games"
    folder.mkdir(exist_ok=True)
    for game in GAMES:
        (folder / f"{game}.json").write_text(json.dumps(play(game), separators=(",", ":")) + "\n")


main()

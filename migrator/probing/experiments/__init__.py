"""Every experiment, in an order in which the cheap and the harmless come first."""

from __future__ import annotations

from migrator.probing.experiments import assigning, features, moving, reading, seats, sessions, settings
from migrator.probing.values import Experiment

EXPERIMENTS: tuple[Experiment, ...] = (
    *reading.EXPERIMENTS,
    *assigning.EXPERIMENTS,
    *moving.EXPERIMENTS,
    *features.EXPERIMENTS,
    *seats.EXPERIMENTS,
    *settings.EXPERIMENTS,
    *sessions.EXPERIMENTS,
)

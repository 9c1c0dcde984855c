"""What all tests share: machines are slow at times, so no test fails for having taken long."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

"""What every test runs under."""

from hypothesis import HealthCheck, settings

# A busy machine is slow, not wrong: time limits are pytest-timeout's business.
settings.register_profile("sorcery", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sorcery")

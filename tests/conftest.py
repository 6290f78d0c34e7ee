"""Fixtures that every test may ask for."""

pytest_plugins = [
    "tests.fixtures_storage",
    "tests.fixtures_school",
    "tests.fixtures_demo",
    "tests.fixtures_cli",
]

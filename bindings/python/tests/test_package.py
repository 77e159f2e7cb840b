"""The package as it is installed."""

import importlib.metadata
import importlib.resources
import inspect
import pathlib
import typing
import unittest

import golive

SOURCES = pathlib.Path(__file__).parent.parent


class PackageTest(unittest.TestCase):
    def test_it_is_the_installed_one_and_needs_no_other(self) -> None:
        place = pathlib.Path(golive.__file__)
        self.assertNotIn(SOURCES, place.parents, "not the sources")
        self.assertEqual(importlib.metadata.requires("golive"), None)
        self.assertRegex(importlib.metadata.version("golive"), r"^\d+\.\d+\.\d+")

    def test_its_types_are_there_for_checkers(self) -> None:
        self.assertTrue((pathlib.Path(golive.__file__).parent / "py.typed").is_file())
        for name in ("on_air", "on_air_blocking"):
            hints = typing.get_type_hints(getattr(golive, name))
            given = inspect.signature(getattr(golive, name)).parameters
            self.assertEqual(set(hints), {*given, "return"}, name)

    def test_everything_public_is_told_in_words(self) -> None:
        for name in golive.__all__:
            with self.subTest(name):
                public = getattr(golive, name)
                if inspect.isclass(public) or inspect.isfunction(public):
                    self.assertTrue(inspect.getdoc(public))

    def test_a_failed_assertion_shows_what_a_value_holds(self) -> None:
        network = golive.Network(address="10.0.0.7", budget_bytes=5)
        self.assertEqual(repr(network), "Network(address=10.0.0.7, budget_bytes=5, interface_index=None, android_handle=None)")
        kinds = [golive.EventKind.CONNECTING(attempt=2), golive.EventKind.RETURNED()]
        self.assertEqual(
            repr(kinds), "[EventKind.CONNECTING(attempt=2), EventKind.RETURNED()]"
        )

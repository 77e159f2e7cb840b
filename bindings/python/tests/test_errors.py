"""What goes wrong is typed, and what is secret prints nowhere."""

import asyncio
import pickle

import golive
from peers import Scratch, first, free_port, small

RIGHT = "&passphrase=the-right-passphrase&pbkeylen=16"


class ErrorTest(Scratch):
    async def test_a_wrong_passphrase_is_a_typed_error_and_prints_nowhere(self) -> None:
        config = small(self.ffmpeg(RIGHT).url)
        wrong = golive.Secret("quite another passphrase")
        config.destination.set_passphrase(wrong)
        with self.assertRaises(golive.GoliveError) as caught:
            async with golive.on_air(config):
                self.fail("it is let in")
        error = caught.exception
        self.assertIs(error.kind, golive.ErrorKind.REFUSED)
        self.assertIn("passphrase", error.message)
        access = golive.Access(passphrase=wrong, stream_id=golive.Secret("quite another key"))
        for printed in (wrong, config, config.destination, access, error, error.detail):
            for text in (str(printed), repr(printed), f"{printed}", repr([printed])):
                self.assertNotIn("quite another", text)
        self.assertIn("srt://127.0.0.1", repr(config), "the rest of it does print")

    def test_a_destination_that_makes_no_sense_says_what_is_wrong_with_it(self) -> None:
        with self.assertRaises(golive.GoliveError) as caught:
            golive.Destination.parse("srt://ingest.example")
        error = caught.exception
        self.assertIs(error.kind, golive.ErrorKind.CONFIGURATION)
        self.assertIn("port", error.message)
        self.assertEqual(str(error), error.message)
        with self.assertRaises(golive.GoliveError):
            golive.Destination.parse("srt://[::1]:1").set_passphrase(golive.Secret("short"))

    def test_an_error_survives_the_way_between_processes(self) -> None:
        error = golive.GoliveError(golive.ErrorKind.MEDIA, "it broke", "in two")
        copy = pickle.loads(pickle.dumps(error))
        self.assertEqual((copy.kind, copy.message, copy.detail), (error.kind, "it broke", "in two"))

    def test_a_wrong_type_is_python_s_own_error(self) -> None:
        with self.assertRaises(TypeError):
            golive.Secret(4711)  # type: ignore[arg-type]


class CredentialsTest(Scratch):
    async def test_keys_come_from_the_script_when_they_are_needed(self) -> None:
        async def fetched() -> golive.Access:
            await asyncio.sleep(0.1)
            return golive.Access(passphrase=golive.Secret("the-right-passphrase"))

        config = small(self.ffmpeg(RIGHT).url)
        async with golive.on_air(config, credentials=fetched) as broadcast:
            self.assertTrue((await first(broadcast, golive.EventKind.LIVE)).encrypted)

    async def test_a_script_that_has_no_keys_is_told_so_in_its_own_words(self) -> None:
        def fetched() -> golive.Access:
            raise LookupError("signed out")

        with self.assertRaises(golive.GoliveError) as caught:
            async with golive.on_air(small(f"srt://127.0.0.1:{free_port()}"), credentials=fetched):
                self.fail("it went on air")
        self.assertIs(caught.exception.kind, golive.ErrorKind.REFUSED)
        self.assertIn("signed out", caught.exception.message)

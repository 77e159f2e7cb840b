"""Broadcasts in virtual time."""

import pathlib
import re
import unittest

import golive
from golive import rehearsal
from golive.rehearsal import IngestBehaviour, Network, Rehearsal, ShownPicture, ViewerSound


class RehearsalTest(unittest.TestCase):
    def test_a_call_at_minute_three_and_cellular_at_minute_four(self) -> None:
        stage = Rehearsal()
        stage.at(180, rehearsal.call())
        stage.at(240, rehearsal.hand_over(Network.LTE()))
        stage.at(300, rehearsal.call_ends())
        self.assertIs(stage.health().state, golive.BroadcastState.PREPARED)
        stage.start()
        stage.run_until(180)
        self.assertTrue(stage.viewer().is_live)
        stage.advance(5)
        viewer = stage.viewer()
        self.assertEqual((viewer.picture, viewer.sound), (ShownPicture.SLATE, ViewerSound.SILENCE))
        self.assertIn("a call", stage.told()[0].sentence)
        self.assertEqual(stage.told()[0].at_ms, 180_000)
        stage.run_until(360)
        self.assertTrue(stage.viewer().is_live)
        self.assertIs(stage.viewer_at(190).picture, ShownPicture.SLATE)
        summary = stage.stop()
        self.assertEqual(summary.health.reconnections, 1)
        self.assertIs(stage.stop().cause, golive.Ended.STOPPED)
        with self.assertRaises(golive.GoliveError) as caught:
            stage.set(golive.Change.KEYFRAME())
        self.assertIs(caught.exception.kind, golive.ErrorKind.ENDED)

    def test_a_wrong_key_is_the_error_that_a_broadcast_raises(self) -> None:
        stage = Rehearsal()
        stage.at(0, rehearsal.wrong_key())
        with self.assertRaises(golive.GoliveError) as caught:
            stage.start()
        self.assertIs(caught.exception.kind, golive.ErrorKind.REFUSED)
        self.assertLess(stage.elapsed_s, 1)

    def test_an_ingest_that_dies_freezes_the_picture(self) -> None:
        stage = Rehearsal()
        stage.at(30, rehearsal.ingest(IngestBehaviour.DIES))
        stage.start()
        stage.run_until(35)
        self.assertIsNotNone(stage.viewer().frozen_since_ms)
        self.assertIs(stage.health().state, golive.BroadcastState.RECOVERING)
        kinds = [type(event.kind) for _, event in stage.events()]
        self.assertIn(golive.EventKind.RECOVERING, kinds)

    def test_what_the_document_shows_runs_as_it_is_written(self) -> None:
        document = pathlib.Path(__file__).parents[3] / "docs" / "testing.md"
        (example,) = re.findall(r"^```python\n(.*?)^```$", document.read_text(), re.DOTALL | re.MULTILINE)
        exec(compile(example, "docs/testing.md", "exec"), {})

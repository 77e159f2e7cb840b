"""What the README shows runs as it is written."""

import os
import pathlib
import re
import subprocess
import sys

from peers import PATIENCE_S, Scratch

README = pathlib.Path(__file__).parent.parent / "README.md"


class ReadmeTest(Scratch):
    def test_the_quick_start_puts_pictures_and_sound_on_air(self) -> None:
        said = self.run_example("async with golive.on_air")
        self.assertRegex(said, r"^\d+ pictures, \d+ kb/s\n$")

    def test_the_example_without_asyncio_does_so_too(self) -> None:
        said = self.run_example("with golive.on_air_blocking")
        self.assertRegex(said, "live after .*\n(.*\n)*0 packets lost of")

    def run_example(self, that_holds: str) -> str:
        """Runs the one example that holds this, and answers what it printed."""
        blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)
        (example,) = [block for block in blocks if that_holds in block]
        script = self.folder / "on_air.py"
        script.write_text(example)
        ffmpeg = self.ffmpeg()
        ran = subprocess.run(
            [sys.executable, str(script), ffmpeg.url],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            cwd=self.folder,
            env={**os.environ, "PYTHONWARNINGS": "error"},
        )
        self.assertEqual((ran.returncode, ran.stderr), (0, ""), ran.stdout)
        ffmpeg.finish()
        packets = ffmpeg.packets()
        self.assertGreater(packets["h264"], 60, packets)
        self.assertGreater(packets["aac"], 120, packets)
        self.assertEqual(ffmpeg.faults(), "")
        return ran.stdout

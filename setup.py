"""What pyproject.toml cannot say: a wheel carries `config.yaml`, the one source of default settings."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithConfig(build_py):
    """Put `config.yaml` where `emergence.config.defaults` finds it; an editable installation reads it in place."""

    def run(self) -> None:
        """Build, then copy."""
        super().run()
        if not self.editable_mode:
            self.copy_file("config.yaml", str(Path(self.build_lib, "emergence/config/default.yaml")))


setup(cmdclass={"build_py": BuildWithConfig})

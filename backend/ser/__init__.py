"""Speech emotion recognition: from the sound of a voice to the emotion it carries."""

from importlib.metadata import version

__version__ = version("speech-emotion-server")

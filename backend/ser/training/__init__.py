"""Trains models."""

from ser.quiet import quieten

# Here, as each of joblib's processes imports this package before TensorFlow.
quieten()

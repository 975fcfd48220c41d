"""The doors of a hotel."""

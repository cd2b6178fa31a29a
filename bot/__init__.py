"""Data and components of the Rasa process."""

"""Rasa custom actions, one file a topic. They decide; the words live in data."""

"""Reading what people type: scripts, digits, spellings, danger.

Standard library only and Python 3.10, so that Rasa's environment can use it too.
"""

"""Our parts inside Rasa. The only code that imports rasa."""

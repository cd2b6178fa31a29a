"""Who has the conversation: the bot, a person, or the telephone hotline."""

"""The only room that starts things: server, webhooks, workers, Rasa client, action endpoint, command line."""

"""What is measured on each step of a message's way. Labels never carry a person or their words."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60)

WEBHOOK_SECONDS = Histogram(
    "sathi_webhook_seconds", "From the last byte of a webhook to its answer.", ["channel", "status"], buckets=BUCKETS
)
EVENTS = Counter("sathi_events", "Events that came in.", ["channel", "kind"])
REFUSED = Counter("sathi_webhooks_refused", "Webhooks that were not taken.", ["channel", "reason"])
QUEUE_SECONDS = Histogram("sathi_queue_seconds", "From the commit of a message to its claim.", buckets=BUCKETS)
TURN_SECONDS = Histogram(
    "sathi_turn_seconds", "From the claim of a message to its commit.", ["outcome"], buckets=BUCKETS
)
RASA_SECONDS = Histogram("sathi_rasa_seconds", "One turn in the dialogue core.", ["outcome"], buckets=BUCKETS)
ACTION_SECONDS = Histogram("sathi_action_seconds", "One custom action.", ["name", "status"], buckets=BUCKETS)
SEND_SECONDS = Histogram("sathi_send_seconds", "One call to a platform.", ["channel", "outcome"], buckets=BUCKETS)
DOCUMENT_SECONDS = Histogram("sathi_document_seconds", "Making one bill, receipt or chart.", buckets=BUCKETS)
ANSWERS = Counter("sathi_answers", "Answers given.", ["tenant", "answer"])
INTENTS = Counter("sathi_intents", "What was understood.", ["tenant", "language", "intent"])
DANGER = Counter("sathi_danger", "Messages of people in danger.", ["tenant", "kind"])
LEASES_LOST = Counter("sathi_leases_lost", "Turns whose lease went to another worker.")
MEDIA = Counter("sathi_media", "Customers' files and what became of them.", ["channel", "outcome"])
DEAD = Counter("sathi_dead_letters", "Messages given up on.", ["queue"])
RASA_READY = Gauge("sathi_rasa_ready", "1 while the canary of a dialogue server sings.", ["server"])
QUEUE_ROWS = Gauge("sathi_queue_rows", "Rows by queue and state.", ["queue", "state"])
CHANNEL_OPEN = Gauge("sathi_channel_open", "1 while a channel's circuit is closed and messages leave.", ["channel"])

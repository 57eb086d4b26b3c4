"""What is counted as it happens, in every web process, for Prometheus."""

from prometheus_client import Counter

WEBHOOKS = Counter("drumbeat_webhooks_total", "Webhook requests, by our answer", ["status"])
UPDATES = Counter("drumbeat_updates_total", "Updates journaled, repeats among them")

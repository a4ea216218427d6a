"""WHO IS TOLD: e-mails as deliveries of events."""

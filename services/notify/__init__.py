"""Senders of mail, chat and webhooks; Apprise lives here only."""

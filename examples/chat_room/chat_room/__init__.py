"""The project around the chat app: settings, addresses and the page's security policy."""

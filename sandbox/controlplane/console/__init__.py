"""The console: pages made by the server, which work without script and update in place with it."""

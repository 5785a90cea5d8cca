"""The same sandboxes over HTTP and in a browser: it writes wishes and reads what came of them."""

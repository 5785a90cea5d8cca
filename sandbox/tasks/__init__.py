"""What jobs do: bring sandboxes and runs to where their wishes say. The same job done twice does no harm."""

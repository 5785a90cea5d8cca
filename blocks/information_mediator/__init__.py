"""The information mediator: the only way from one application to another, and the record of it."""

"""digitlab."""

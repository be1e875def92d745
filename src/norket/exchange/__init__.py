"""What machines see: parse and render only; what a message means is decided in the rooms below."""

"""Whether the clinic is ready today: stock and equipment that somebody checked, the people on site, and its hours."""

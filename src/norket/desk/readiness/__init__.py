"""The page on which a clinic says that it is ready today."""

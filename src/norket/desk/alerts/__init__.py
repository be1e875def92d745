"""The alert load of the clinic."""

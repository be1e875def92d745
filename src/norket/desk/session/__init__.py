"""One session on screen: before the start, live, in recovery, and the second person of the time-out."""

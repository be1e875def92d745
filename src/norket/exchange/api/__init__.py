"""The JSON interface under /api/v1: parse, hand to the record, render. It decides nothing."""

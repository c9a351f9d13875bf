"""Believable till exports of a made-up coffee chain: any span of dates, any size, the same bytes for the same seed.

Standard library only, so that any Python from 3.11 on can run it. A day's rows depend on the seed, the size and the
day, never on the span asked for: a later month, or one day alone, continues the same shop.
"""

"""Tests of the whole load, on one stack: a package, so that its fixtures end with it."""

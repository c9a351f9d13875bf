"""Mails about reports, to their readers, and about failures, to the operators."""

"""What every contender copies: change the entity set here and nowhere else."""

from __future__ import annotations

API = "cronus/benchmark/v1.0"
ENTITY_SET = "wideLedgerEntries"
KEY = "entryNumber"
"""A whole number that counts the rows from 1 on, so that a lost row is noticed."""

DECIMAL = "debitAmount"
"""A decimal, to see how each contender kept it."""

ROWS_OPTION = "--wide-entries"
LATENCY_OPTION = "--latency-ms"
PAGE_SIZE = 5_000

"""Same input, same bytes: parallel sums of fractional money must not wander."""

from __future__ import annotations

from pathlib import Path

import duckdb

from crm_analysis.features import purchases
from crm_analysis.source import load

N_ROWS = 1_000_000


def write_world(folder: Path) -> None:
    """Write a million order lines of fractional amounts for 20,000 customers."""
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    connection.execute(
        f"""
        COPY (
            SELECT 'C' || i AS customer_id, DATE '2023-12-31' AS created_at
            FROM range(20000) t(i)
        ) TO '{folder / "customers.parquet"}';
        COPY (
            SELECT
                'L' || i AS line_id, 'O' || (i // 3) AS order_id,
                'C' || ((i // 3) * 7919 % 20000) AS customer_id,
                TIMESTAMP '2024-01-01' + INTERVAL 1 MINUTE * (((i // 3) * 104729) % 1000000) AS at,
                CAST((i * 15485863 % 999983) / 7.0 AS DECIMAL(18, 4)) AS amount
            FROM range({N_ROWS}) t(i)
        ) TO '{folder / "order_lines.parquet"}';
        """
    )


def test_money_of_a_million_lines_is_the_same_twice(tmp_path: Path):
    write_world(tmp_path)
    frames = []
    for _ in range(2):
        known = load(str(tmp_path), as_of="2025-11-25")
        summary = purchases.summary(
            known.table("customers"), known.table("order_lines"), as_of=known.as_of
        )
        frames.append(summary.order_by("customer_id").execute())
    assert len(frames[0]) == 20_000
    assert frames[0].to_csv() == frames[1].to_csv()

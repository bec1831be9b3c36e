"""Conjunctions of states that go before an ending, found in one period, held in the next (M04)."""

"""Write the contract as Markdown: `python -m crm_analysis.contract > data/README.md`."""

from __future__ import annotations

import sys

from crm_analysis.contract.render import contract_markdown

if __name__ == "__main__":
    sys.stdout.buffer.write(contract_markdown().encode("utf-8"))

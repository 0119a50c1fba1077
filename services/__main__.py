"""``python -m services`` is ``oroslotsen``."""

from services.cli import main

main()

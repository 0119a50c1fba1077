"""``python -m services`` is ``oroslotsen``."""

from services.cli.commands import main

main()

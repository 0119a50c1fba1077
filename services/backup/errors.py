"""What can be wrong with a backup; each message tells the operator in Swedish what to do."""

from services.errors import OperatorError


class BackupError(OperatorError):
    """The backup was not taken, or nothing was restored."""


class WrongKeyError(BackupError):
    """The file is sealed under another master key."""


class BrokenFileError(BackupError):
    """The file is not one of ours, or not as it was written."""


class OtherVersionError(BackupError):
    """File, program and database do not have the same version."""


class NotEmptyError(BackupError):
    """The database to restore into holds something."""


class KeyFileError(BackupError):
    """Key file and backup do not belong together."""

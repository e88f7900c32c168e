"""The sub-commands: a module each with ``perform(args) -> exit status``, imported when asked for."""

"""The sub-commands: a module each with ``perform(args)``, imported when it is asked for."""

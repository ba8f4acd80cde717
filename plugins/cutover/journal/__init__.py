"""The journal of all runs. Import ``Journal`` from :mod:`cutover.journal.store`."""

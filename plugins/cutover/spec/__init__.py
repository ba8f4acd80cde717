"""The migration spec. Import from :mod:`cutover.spec.models` and :mod:`cutover.spec.loader`."""

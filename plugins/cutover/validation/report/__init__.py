"""A run's results as one self-contained page and as JSON: nothing is loaded, nothing runs, everything is escaped."""

from cutover.validation.report.as_html import render_html
from cutover.validation.report.as_json import render_json
from cutover.validation.report.keep import keep

__all__ = ["keep", "render_html", "render_json"]

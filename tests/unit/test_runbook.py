"""Runbook and post-mortem: the figures of a hand-made journal, and texts that come back as they were."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cutover.journal.check import Check
from cutover.journal.records import STATES, DocumentInfo, Event, Progress, Run, Sample, Statement, Step
from cutover.runbook import Story, page, post_mortem, runbook, to_html, to_markdown
from cutover.runbook.figures import figures
from cutover.runbook.issues import issues
from cutover.runbook.words import since

T = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
NASTY = [
    "a|b",
    "`tick` ``two``",
    "<script>alert(1)</script>",
    "*x* _y_ [l](http://z)",
    "# no\n## head",
    "1. one",
    "$a$",
]


def at(seconds: float) -> datetime:
    return T + timedelta(seconds=seconds)


def step(name: str, begin: float, end: float | None, state: str = "done", **more: Any) -> Step:
    values: dict[str, Any] = {"attempt": 1, "error": None, "detail": {}, **more}
    return Step(
        name, values["attempt"], state, at(begin), None if end is None else at(end), values["error"], values["detail"]
    )


def event(seconds: float, kind: str, text: str, actor: str | None = None, **data: Any) -> Event:
    return Event(at(seconds), kind, text, actor, data or None)


def statement(name: str, text: str, **more: Any) -> Statement:
    values: dict[str, Any] = {"kind": "sql", "place": "shop", "begun": 1, "ended": 1, "failed": 0, "rows": None}
    times = {"seconds": 0.5, "longest": 0.5, "first_at": at(60), "last_at": at(61)}
    return Statement(step=name, text=text, **{**values, "attempts": [1], **times, **more})


BAD = Check("ROW_DIFF", "row diff", False, "error", "3 rows differ", {"changed": 3, "rows_left": 1000}, "public.leads")
RUN = Run(
    run_id="leads.20261201T020000",
    number=7,
    migration="leads",
    strategy="blue_green",
    title="Leads get a wider id",
    database="db:5432/shop",
    state="rolled_back",
    reason="watch: [OPR008] 1 of 9 checks failed",
    dag_id="blue_green",
    dag_run_id="manual__1",
    triggered_by="olga",
    dry_run=False,
    rehearsal_of=None,
    started_at=T,
    swapped_at=at(3700),
    window_ends_at=at(3700 + 172800),
    ended_at=at(4000),
    spec={"source": "shop", "target": "shop_green", "owner": "data", "tables": [{"name": "public.leads"}]},
)
STORY = Story(
    run=RUN,
    now=at(9000),
    steps=(
        step("preflight", 1, 4),
        step("copy_data", 60, 100, "lost", error="the worker ended without a word"),
        step("copy_data", 120, 220, attempt=2, detail={"rows": 1000, "bytes": 3 * 2**20, "rows_per_second": 10.0}),
        step("cut_over", 3690, 3705,
             detail={"pause_ms": 41.7, "attempts": 2, "refused": ["a transaction did not end"]}),
        step("watch", 3710, 3720, "failed", error="[OPR008] 1 of 9 checks failed\n  more"),
        step("roll_back", 3900, 3990, detail={"was_swapped": True, "pause_ms": 30.25, "seconds": 90.0,
                                              "exact": {"row_diff": 0}, "dropped": ["slot"]}),
    ),
    progress=(Progress("copy", "public.leads", 1000, 1000, 10.0, 0.0, None, at(120), at(220)),),
    checks=(Check("ROW_COUNT", "row count", True, "error", "1,000 rows", {"left": 1000}, "public.leads"), BAD),
    events=(
        event(0, "link", "x", url="https://air/dags/1", runbook="https://air/cutover/runs/leads.1/runbook"),
        event(5, "approval_asked", "Begin?", task="approve_plan"),
        event(50, "approval", "Begin? Yes, by olga. go", "olga", task="approve_plan", approved=True),
        event(3700, "swapped", "live changed sides; the way back is open until then"),
        event(3722, "decision", "roll back: watch: 3 rows differ"),
        event(3890, "state", "rolling_back: x", "olga", **{"to": "rolling_back", "from": "window", "reason": "x"}),
        event(3991, "message_failed", "Slack does not answer"),
    ),
    samples=tuple(
        Sample("lag blue -> green", at(300 + n), {"seconds": seconds, "bytes": 100})
        for n, seconds in enumerate([0.1, 4.5, 0.2])
    ),
    statements=(
        statement("copy_data", "COPY public.leads FROM STDIN", begun=12, ended=11, rows=1000, attempts=[1, 2]),
        statement("copy_data", "UPDATE cutover_sync.run SET phase = %s"),
        statement("cut_over", "LOCK TABLE public.leads", begun=3, ended=2, failed=1),
        statement("cut_over", 'PAUSE "shop"', kind="pooler", place="pooler"),
    ),
    documents=(DocumentInfo("plan.md", "text/markdown", 10, T), DocumentInfo("runbook.md", "text/markdown", 10, T)),
)  # fmt: skip


def texts(found: Any) -> list[str]:
    """Return texts of the model without their marks."""
    return ["".join(part if isinstance(part, str) else part.text for part in page.parts(each)) for each in found]


def test_the_figures_are_those_of_the_journal() -> None:
    found = dict(zip([name for name, _ in figures(STORY)], texts(value for _, value in figures(STORY)), strict=True))
    assert found == {
        "Rows copied": "1,000",
        "Data copied": "3.0 MB",
        "Copied per second": "10 rows",
        "Pause of the cutover": "41.7 ms",
        "Attempts at the cutover": "2",
        "Live changed sides": "2026-12-01 03:01:40 UTC (T+1:01:40)",
        "Pause of the way back": "30.2 ms",
        "The way back took": "1 min 30 s",
        "Time in all": "1 h 6 min",
        "Time in steps": "3 min 38 s",
        "Longest step": "copy_data: 1 min 40 s",
        "Waited for answers": "45 s",
        "Statements and commands": "17, 4 wordings",
    }


def test_the_issues_are_named() -> None:
    found = texts(issues(STORY))
    assert found == [
        "Step copy_data (attempt 1) was lost: its worker died at T+01:00. the worker ended without a word",
        "Step watch (attempt 1) failed at T+1:01:50. [OPR008] 1 of 9 checks failed",
        "T+1:06:31: messages could not be sent: Slack does not answer",
        "Step cut_over: 1 attempt at the critical section changed nothing: a transaction did not end",
        "Failed check ROW_DIFF: row diff (public.leads): 3 rows differ",
        "1 call cut off in step copy_data: COPY public.leads FROM STDIN",
        "Step cut_over: 1 call failed, which it dealt with itself; see the commands.",
    ]
    quiet = Story(run=replace(RUN, state="window"), now=at(9000), steps=(step("preflight", 1, 4),))
    assert issues(quiet) == []


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "T+00:00"), (59.6, "T+01:00"), (3723, "T+1:02:03"), (90061, "T+1d 01:01:01"), (-5, "T-00:05")],
)
def test_moments_are_counted_from_the_start(seconds: float, text: str) -> None:
    assert since(STORY, at(seconds)) == text


def test_the_runbook_tells_the_whole_story() -> None:
    text = to_markdown(runbook(STORY))
    for part in (
        "> **↩ Rolled back. Live had changed sides, and is on the old one again.**",
        "| 02:00:50 | T+00:50 | **answered**: Begin? Yes, by olga. go |  |",
        "| 02:02:00 | T+02:00 | step `copy_data` (attempt 2) | 1 min 40 s |",
        "**✗ its worker died** the worker ended without a word",
        "| lag blue -&gt; green | 3 times | 0.200 | 4.500 | 100 bytes | T+05:01 |",
        "[plan.md](https://air/cutover/runs/leads.1/documents/plan.md)",
        "T+01:00 · `shop` · 12 times · 1,000 rows · 500 ms in all, 500 ms at most · 1 without an end · attempts 1, 2",
        '```sql\nPAUSE "shop"\n```',
        "The run's own notes in the database: 1 wording",
        "trigger the DAG `blue_green` again",
    ):
        assert part in text, part
    assert "so far" not in text and "runbook.md" not in text
    assert text.index("PAUSE") > text.index("COPY public.leads"), "steps in the order in which they began"


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_a_runbook_and_a_post_mortem(state: str) -> None:
    story = replace(STORY, run=replace(RUN, state=state, ended_at=None))
    text = to_markdown(runbook(story))
    assert (", so far," in text) == (state not in ("window", "rolled_back", "failed", "finalized", "aborted"))
    way = "python -m cutover rollback leads.20261201T020000"
    assert (way in text) == (state not in ("rolled_back", "finalizing", "finalized"))
    assert "Open questions" in to_markdown(post_mortem(story)) and to_html(runbook(story))


def test_a_run_of_which_nothing_is_known_yet() -> None:
    story = Story(run=replace(RUN, state="preparing", reason=None, swapped_at=None, ended_at=None), now=at(3))
    text = to_markdown(runbook(story))
    assert "> **… Preparing.**" in text and "Nothing that changes anything was run." in text
    assert "No check failed" in to_markdown(post_mortem(story))


def test_the_post_mortem_measures_the_impact_and_asks_the_rest() -> None:
    text = to_markdown(post_mortem(STORY))
    for part in (
        "> **Taken back and verified; no row was lost.**",
        "| Clients held by the cutover | 41.7 ms |",
        "| Clients held by the way back | 30.2 ms |",
        "| Downtime (doors closed) | none |",
        "| Applications were on the new side for | 5 min |",
        "| Rows lost | 0; a row diff at the moment of going back found 0 differences |",
        "| `ROW_DIFF` | row diff | public.leads | 3 rows differ |  | changed 3, rows left 1,000 |",
        "- [ ] **Why did it happen?**",
        "- [ ] **See to ROW_DIFF:**",
    ):
        assert part in text, part
    assert "step `preflight`" not in text, "what went as planned is in the runbook"


def test_rows_that_the_last_resort_lost_are_said() -> None:
    lost = step("restore_point", 3990, 3995, detail={"downtime_s": 42.0, "lost": {"rows": 1200, "minutes": 3.5}})
    doors = event(3995, "doors", "the doors are open after 42.0 s", downtime_s=42.0)
    steps = tuple(one for one in STORY.steps if one.name != "roll_back")
    text = to_markdown(post_mortem(replace(STORY, steps=(*steps, lost), events=(*STORY.events, doors))))
    assert "1,200 rows are not there any more" in text and "| Downtime (doors closed) | 42 s |" in text
    assert "| Rows that are not there any more | 1,200, written within 3 min 30 s |" in text
    assert "no row was lost" not in text and "Nothing that was written is lost" not in text


class Texts(HTMLParser):
    """What a browser shows of a page, and its elements."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.elements = "", list[str]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.elements.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def rendered(document: page.Page) -> Texts:
    return Texts(MarkdownIt("commonmark", {"html": False}).enable("table").render(to_markdown(document)))


def holding(text: str) -> page.Page:
    """Return a page with the text in every place that takes one."""
    blocks = (
        page.Verdict("good", text),
        page.Paragraph(("before ", page.Strong(text or "x"), " after ", page.Code(text), text)),
        page.Facts(((text, text),)),
        page.Items((text, page.Code(text))),
        page.Table(text, ("head", text), ((text, page.Code(text)), ("second", "row"))),
        page.Blanks(((text or "x", text),)),
        page.Folded(text, (page.Listing(text),)),
        page.Section(text, (page.Paragraph(page.Link(text, f"https://x/{text}")), page.Paragraph("the end"))),
    )
    return page.Page(text, "note", blocks)


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=40)
# What a text of nothing else would mean in a place of its own.
MARKED = st.text(st.sampled_from("`|*_<>[]()#~\\!&-+=1.) ab\n"), min_size=1, max_size=20)


@given(st.one_of(WORDS, MARKED).filter(lambda text: text.strip() != ""))
@example("a|b")
@example("`")
@example("\\")
@example("```sql")
@example("<b>&amp;</b>")
@example("- 1. # x")
@example("___")
@example("a #")
@settings(deadline=None)
def test_markdown_means_what_it_was_given(text: str) -> None:
    """Whatever a name holds, the page has the same elements as with a harmless one, and the text is there."""
    found, harmless = rendered(holding(text)), rendered(holding("harmless"))
    assert found.elements == harmless.elements
    flat = " ".join(text.split())
    assert " ".join(found.text.split()).count(flat) >= harmless.text.count("harmless") - 2


@given(st.one_of(WORDS, MARKED))
@example("</code><script>")
@example("javascript:alert(1)")
@settings(deadline=None)
def test_html_means_what_it_was_given(text: str) -> None:
    marks = ("span",)  # names what cannot be seen
    found = [e for e in Texts(to_html(holding(text))).elements if e not in marks]
    assert found == [e for e in Texts(to_html(holding("harmless"))).elements if e not in marks]


def test_only_addresses_of_the_web_become_links() -> None:
    document = page.Page("x", "y", (page.Paragraph(page.Link("press", "javascript:alert(1)")),))
    assert "javascript" not in to_html(document) and "javascript" not in to_markdown(document)


@pytest.mark.parametrize("nasty", NASTY)
def test_odd_names_of_a_run_stay_names(nasty: str) -> None:
    odd = replace(
        STORY,
        run=replace(RUN, title=nasty, reason=nasty, triggered_by=nasty),
        checks=(replace(BAD, name=nasty, object=nasty, summary=nasty),),
        events=(event(1, "flag", nasty, nasty), *STORY.events),
        statements=(statement("copy_data", nasty),),
        steps=(step("watch", 1, 2, "failed", error=nasty),),
    )
    plain = replace(odd, run=replace(odd.run, title="x"))
    for make in (runbook, post_mortem):
        assert "script" not in Texts(to_html(make(odd))).elements
        assert "script" not in rendered(make(odd)).elements
        assert rendered(make(odd)).elements.count("td") == rendered(make(plain)).elements.count("td")


def look(ok: bool, summary: str, code: str = "OBSERVE_ERRORS", severity: Any = "warning") -> Check:
    return Check(code, code.lower(), ok, severity, summary)


def in_window(*checks: Check) -> str:
    run = replace(RUN, state="window", ended_at=None, reason=None)
    return to_markdown(runbook(replace(STORY, run=run, checks=checks)))


def test_what_is_looked_at_again_and_again_is_one_line_and_the_last_trouble_another() -> None:
    disk = look(False, "not said what it holds", "OBSERVE_DISK", "info")
    looks = [each for n in range(60) for each in (look(n not in (3, 7), f"{n} %"), disk)]
    text = in_window(*looks)
    assert "2 checks; 120 verdicts; 0 failed; 1 warned." in text
    assert text.count("`OBSERVE_DISK`") == 1, "a hint is no issue"
    assert "| **! warning** | `OBSERVE_ERRORS` observe_errors |  | 7 % | 2 of 60 times |" in text
    assert "| ✓ passed | `OBSERVE_ERRORS` observe_errors |  | 59 % | 2 of 60 times |" in text
    assert "- Warning of a check `OBSERVE_ERRORS`: observe_errors: 7 % (2 of 60 times)" in text
    assert "> **✓ Cut over, and all is well." in text


def test_a_window_in_which_something_is_wrong_just_now_is_not_called_well() -> None:
    text = in_window(look(True, "1 %"), look(False, "9 %"), look(False, "a hint", "OBSERVE_DISK", "info"))
    assert "> **✓ Cut over, but not all is well: observe_errors. The way back is open until" in text

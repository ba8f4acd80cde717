"""The shop as an application: writers behind the pooler that know nothing of any migration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cutover_demo import audit, crowd, shop
from cutover_demo.application import Session
from cutover_demo.crowd import Crowd, CrowdVerdict
from cutover_demo.fleet import Fleet
from cutover_demo.shop import Progress
from cutover_demo.verdict import Observed

if TYPE_CHECKING:
    from pathlib import Path

    from cutover_demo.options import Options
    from cutover_demo.stage import Stage
    from localstack.stack import Stack


class ShopApplication:
    """See :class:`cutover_demo.application.Application`."""

    def called(self, rows: int) -> str:
        return f"a shop with {rows:,} orders"

    def load(self, stack: Stack, db: Session, rows: int, say: Progress) -> None:
        shop.load(db, rows, say)

    def untouched(self, db: Session) -> tuple[int, str]:
        return audit.untouched(db)

    def fleet(self, stage: Stage, options: Options, ledger: Path) -> Fleet:
        return Fleet(stage.writers_login(), ledger, writers=options.writers, tps=options.tps)

    def observe(self, db: Session, untouched_before: tuple[int, str]) -> Observed:
        return audit.observe(db, untouched_before)

    def judge(self, others: Sequence[Crowd], db: Session) -> CrowdVerdict:
        return crowd.judge(others, db)


SHOP = ShopApplication()

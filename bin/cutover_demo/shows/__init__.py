"""What the demo can show, one module per strategy."""

from __future__ import annotations

from collections.abc import Mapping

from cutover_demo.shows.blue_green import BlueGreenShow
from cutover_demo.shows.dual_write import DualWriteShow
from cutover_demo.shows.online import OnlineShow
from cutover_demo.shows.show import Show
from cutover_demo.shows.stop_the_world import StopTheWorldShow

ALL: tuple[Show, ...] = (BlueGreenShow(), OnlineShow(), StopTheWorldShow(), DualWriteShow())
SHOWS: Mapping[str, Show] = {show.strategy: show for show in ALL}
DEFAULT = "blue_green"

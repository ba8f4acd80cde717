"""What comes after the rows is restored in an order in which no index of a partitioned table stays invalid."""

from __future__ import annotations

from cutover.postgres.toc import passes

INDEX = "3400; 1259 16 INDEX public measures_0_value_idx shop"
KEY = "3401; 2606 17 CONSTRAINT public measures measures_pkey shop"
ATTACH = "3402; 0 0 INDEX ATTACH public measures_0_pkey shop"
ABOVE = "3403; 0 0 INDEX ATTACH public measures_old_pkey shop"
TRIGGER = "3404; 2620 18 TRIGGER public orders forbid shop"
FOREIGN = "3405; 2606 19 FK CONSTRAINT public parts parts_measure_fkey shop"
REMARK = "3406; 0 0 COMMENT public CONSTRAINT parts_measure_fkey ON parts shop"
RIGHT = "3407; 0 0 ACL public TABLE orders shop"
RIGHTS = "3408; 826 20 DEFAULT ACL public DEFAULT PRIVILEGES FOR TABLES shop"


def test_without_partitions_it_is_one_pass() -> None:
    assert passes([INDEX, KEY, TRIGGER, FOREIGN, RIGHT]) == [([INDEX, KEY, TRIGGER, FOREIGN, RIGHT], True)]
    assert passes([]) == [([], True)]


def test_indexes_are_attached_one_after_the_other_before_what_needs_them() -> None:
    post = [INDEX, ATTACH, KEY, FOREIGN, REMARK, ABOVE, TRIGGER, RIGHT, RIGHTS]
    assert passes(post) == [
        ([INDEX, KEY, TRIGGER], True),
        ([ATTACH, ABOVE], False),
        ([FOREIGN, REMARK, RIGHT, RIGHTS], True),
    ]
    assert sorted(entry for entries, _ in passes(post) for entry in entries) == sorted(post)
    assert passes([ATTACH]) == [([ATTACH], False)]

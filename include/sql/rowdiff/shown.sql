CASE
    WHEN NOT {differs} THEN NULL
    WHEN length({text}) <= {most} THEN {text}
    ELSE left({text}, {most}) || '... (' || length({text}) || ' characters, md5 ' || md5({text}) || ')'
END
